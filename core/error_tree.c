/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The shape of an error: codes alone, in one line. */
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/run_priv.h"
#include "tutti/core/test.h"
#include "tutti/core/text_priv.h"

static void code_add(struct text *text, int code)
{
    const size_t prefix = sizeof "TUTTI_" - 1;
    if (code < -4095) {
        text_add(text, "%s", tutti_error_name(code) + prefix);
    } else {
        text_add(text, "%d", code);
    }
}

static void tree_add(struct text *text, const struct tutti_error *error, int depth)
{
    if (depth == TUTTI_ERROR_DEPTH_MAX) {
        text_add(text, "..");
        return;
    }
    code_add(text, error->code);
    for (const struct tutti_error *also = error->suppressed; also; also = also->next) {
        text_add(text, also == error->suppressed ? "[" : ",");
        tree_add(text, also, depth + 1);
        if (!also->next) text_add(text, "]");
    }
    if (error->cause) {
        text_add(text, "<");
        tree_add(text, error->cause, depth + 1);
    }
}

size_t tutti_error_tree(const struct tutti_error *error, char *buffer, size_t size)
{
    struct text text = {.buffer = buffer, .size = size};
    if (size) buffer[0] = '\0';
    tree_add(&text, error, 0);
    return text.length;
}

void tutti_check_error_at(int code, const char *tree, const struct tutti_site *site)
{
    char is[256], message[600];
    (void)run_require_task(site);
    const struct tutti_error *error = tutti_error_record(code);
    if (error) {
        tutti_error_tree(error, is, sizeof is);
    } else {
        struct text text = {.buffer = is, .size = sizeof is};
        code_add(&text, code);
    }
    if (strcmp(is, tree) == 0) return;
    snprintf(message, sizeof message, "the error is %s, not %s", is, tree);
    tutti_check_failed(site, message);
}
