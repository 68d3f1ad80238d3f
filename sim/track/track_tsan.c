/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What objects compiled with -fsanitize=thread call, gcc's and clang's. The names and signatures
 * are those of the compilers' own documentation of that interface; there is no race detector here.
 */
#include "track_priv.h"

/* The compilers know no header for these. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

void __tsan_init(void);
/* Called by each tracked object before main(). */
void __tsan_init(void)
{
    tutti_access_all_told();
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

#define ACCESS(NAME, size, mode)                                                                   \
    void NAME(const void *address);                                                                \
    void NAME(const void *address)                                                                 \
    {                                                                                              \
        track(address, size, mode);                                                                \
    }
#define ACCESSES(size)                                                                             \
    ACCESS(__tsan_read##size, size, TUTTI_ACCESS_READ)                                             \
    ACCESS(__tsan_write##size, size, TUTTI_ACCESS_WRITE)                                           \
    ACCESS(__tsan_unaligned_read##size, size, TUTTI_ACCESS_READ)                                   \
    ACCESS(__tsan_unaligned_write##size, size, TUTTI_ACCESS_WRITE)                                 \
    ACCESS(__tsan_volatile_read##size, size, TUTTI_ACCESS_READ)                                    \
    ACCESS(__tsan_volatile_write##size, size, TUTTI_ACCESS_WRITE)                                  \
    ACCESS(__tsan_unaligned_volatile_read##size, size, TUTTI_ACCESS_READ)                          \
    ACCESS(__tsan_unaligned_volatile_write##size, size, TUTTI_ACCESS_WRITE)
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

void __tsan_read_range(const void *address, size_t size);
void __tsan_read_range(const void *address, size_t size)
{
    track_read(address, size);
}

void __tsan_write_range(const void *address, size_t size);
void __tsan_write_range(const void *address, size_t size)
{
    track_write(address, size);
}

/* Atomics are done as they are told to be, only stronger: all are sequentially consistent. A
 * comparison that fails is a read.                                                               */
#define ATOMIC_UPDATE(bits, type, operation)                                                       \
    type __tsan_atomic##bits##_##operation(type *address, type value, int order);                  \
    type __tsan_atomic##bits##_##operation(type *address, type value, int order)                   \
    {                                                                                              \
        (void)order;                                                                               \
        track_write(address, sizeof *address);                                                     \
        return __atomic_##operation(address, value, __ATOMIC_SEQ_CST);                             \
    }
#define ATOMIC_COMPARE(bits, type, strength)                                                       \
    int __tsan_atomic##bits##_compare_exchange_##strength(type *address, type *expected,           \
                                                          type value, int order, int failed);      \
    int __tsan_atomic##bits##_compare_exchange_##strength(type *address, type *expected,           \
                                                          type value, int order, int failed)       \
    {                                                                                              \
        (void)order, (void)failed;                                                                 \
        bool done = __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST, \
                                                __ATOMIC_SEQ_CST);                                 \
        track(address, sizeof *address, done ? TUTTI_ACCESS_WRITE : TUTTI_ACCESS_READ);            \
        return done;                                                                               \
    }
#define ATOMICS(bits, type)                                                                        \
    type __tsan_atomic##bits##_load(const type *address, int order);                               \
    type __tsan_atomic##bits##_load(const type *address, int order)                                \
    {                                                                                              \
        (void)order;                                                                               \
        track_read(address, sizeof *address);                                                      \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                         \
    }                                                                                              \
    void __tsan_atomic##bits##_store(type *address, type value, int order);                        \
    void __tsan_atomic##bits##_store(type *address, type value, int order)                         \
    {                                                                                              \
        (void)order;                                                                               \
        track_write(address, sizeof *address);                                                     \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                        \
    }                                                                                              \
    type __tsan_atomic##bits##_exchange(type *address, type value, int order);                     \
    type __tsan_atomic##bits##_exchange(type *address, type value, int order)                      \
    {                                                                                              \
        (void)order;                                                                               \
        track_write(address, sizeof *address);                                                     \
        return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                              \
    }                                                                                              \
    ATOMIC_UPDATE(bits, type, fetch_add)                                                           \
    ATOMIC_UPDATE(bits, type, fetch_sub)                                                           \
    ATOMIC_UPDATE(bits, type, fetch_and)                                                           \
    ATOMIC_UPDATE(bits, type, fetch_or)                                                            \
    ATOMIC_UPDATE(bits, type, fetch_xor)                                                           \
    ATOMIC_UPDATE(bits, type, fetch_nand)                                                          \
    ATOMIC_COMPARE(bits, type, strong)                                                             \
    ATOMIC_COMPARE(bits, type, weak)                                                               \
    type __tsan_atomic##bits##_compare_exchange_val(type *address, type expected, type value,      \
                                                    int order, int failed);                        \
    type __tsan_atomic##bits##_compare_exchange_val(type *address, type expected, type value,      \
                                                    int order, int failed)                         \
    {                                                                                              \
        (void)__tsan_atomic##bits##_compare_exchange_strong(address, &expected, value, order,      \
                                                            failed);                               \
        return expected;                                                                           \
    }
ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    (void)order;
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}
