/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The order inside a pass by chance, from a seed: for programs that nobody rehearses, so that none
 * comes to rely on an order that was never promised. */
#include "tutti/core/run_priv.h"

/* SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
 * 2014. */
static uint64_t draw(struct run *run)
{
    uint64_t z = run->chance += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Deals the queue to piles by chance and puts them together again, as a card player would. */
static void deal(struct run *run, struct task_queue *queue)
{
    enum { PILES = 16, BITS = 4 };
    struct task_queue piles[PILES] = {{NULL, NULL}};
    uint64_t bits = 0;
    uint32_t dealt = 0;
    for (struct tutti_task *task = queue->first, *next; task; task = next) {
        next = task->queue_next;
        if (dealt++ % (64 / BITS) == 0) bits = draw(run);
        queue_push(&piles[bits % PILES], task);
        bits >>= BITS;
    }
    *queue = (struct task_queue){.first = NULL};
    for (int i = 0; i < PILES; i++) {
        if (!piles[i].first) continue;
        piles[i].first->queue_prev = queue->last;
        if (queue->first) {
            queue->last->queue_next = piles[i].first;
        } else {
            queue->first = piles[i].first;
        }
        queue->last = piles[i].last;
    }
}

/* Twice: tasks that met in one pile keep their order in that round. */
void shuffle(struct run *run, struct task_queue *queue)
{
    if (!queue->first->queue_next) return;
    deal(run, queue);
    deal(run, queue);
}
