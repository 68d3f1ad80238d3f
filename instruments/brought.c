/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "tutti/instruments/record_priv.h"

/* Both ways in one function, so that they cannot part. */
static void pass_bytes(struct brought *brought, void *bytes, size_t size)
{
    if (!brought->into) {
        tutti_text_add(brought->out, bytes, size);
        return;
    }
    if (size > brought->left) {
        brought->wrong = true;
        return;
    }
    if (size > 0) memcpy(bytes, brought->bytes, size);
    brought->bytes += size;
    brought->left -= size;
}

/* So many bytes, the lowest first. */
static uint64_t pass_number(struct brought *brought, uint64_t number, size_t size)
{
    unsigned char bytes[sizeof number] = {0};
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
    pass_bytes(brought, bytes, size);
    number = 0;
    for (size_t i = 0; i < size; i++)
        number |= (uint64_t)bytes[i] << (8 * i);
    return number;
}

static void pass_address(struct brought *brought, struct tutti_address *address)
{
    if (!address) return;
    struct tutti_address passed = *address;
    if (brought->into) passed = (struct tutti_address){.family = TUTTI_FAMILY_NONE};
    passed.family = (uint8_t)pass_number(brought, passed.family, 1);
    passed.path_length = (uint8_t)pass_number(brought, passed.path_length, 1);
    passed.port = (uint16_t)pass_number(brought, passed.port, 2);
    passed.scope = (uint32_t)pass_number(brought, passed.scope, 4);
    pass_bytes(brought, passed.ip, sizeof passed.ip);
    if (passed.path_length > TUTTI_PATH_MAX) {
        brought->wrong = true;
        return;
    }
    pass_bytes(brought, passed.path, passed.path_length);
    if (brought->into) *address = passed;
}

static void pass_handle(struct brought *brought, struct tutti_handle *handle)
{
    if (brought->into) brought->make(brought->context, handle);
}

/* `size` bytes that are spread over the pieces of a message. */
static void pass_pieces(struct brought *brought, const struct tutti_message *message, size_t size)
{
    for (uint32_t i = 0; i < message->pieces_count && size > 0; i++) {
        size_t here = message->pieces[i].length < size ? message->pieces[i].length : size;
        pass_bytes(brought, message->pieces[i].data, here);
        size -= here;
    }
    brought->wrong |= size > 0;
}

static void pass_message(struct brought *brought, struct tutti_message *message, size_t size)
{
    uint64_t handles = pass_number(brought, message->handles_count, 4);
    if (handles > message->handles_room && message->handles_room > 0) brought->wrong = true;
    if (brought->into && !brought->wrong) {
        message->handles_count = message->handles_room > 0 ? (uint32_t)handles : 0;
        for (uint32_t i = 0; i < message->handles_count; i++)
            pass_handle(brought, &message->handles[i]);
    }
    message->flags = (uint32_t)pass_number(brought, message->flags, 4);
    pass_address(brought, message->address);
    pass_pieces(brought, message, size);
}

static void pass_lookup(struct brought *brought, struct tutti_lookup *lookup, uint64_t found)
{
    if (found > lookup->room) found = lookup->room;
    for (uint64_t i = 0; i < found; i++)
        pass_address(brought, &lookup->addresses[i]);
}

static void pass_received(struct brought *brought, struct tutti_op *op)
{
    size_t size = (size_t)op->result;
    if (op->detail) {
        pass_message(brought, op->detail, size);
    } else if (size > op->length) {
        brought->wrong = true;
    } else {
        pass_bytes(brought, op->buffer, size);
    }
}

void brought_pass(struct brought *brought, struct tutti_op *op)
{
    struct tutti_call *call = op->detail;
    if (op->kind == TUTTI_OP_CALL) {
        call->returned = pass_number(brought, call->returned, 1) != 0;
        return;
    }
    if (op->result < 0) return;
    switch (op->kind) {
    case TUTTI_OP_RECV:
        pass_received(brought, op);
        break;
    case TUTTI_OP_RANDOM:
        pass_bytes(brought, op->buffer, op->length);
        break;
    case TUTTI_OP_ACCEPT:
        pass_address(brought, op->detail);
        pass_handle(brought, &op->other);
        break;
    case TUTTI_OP_ADDRESS:
        pass_address(brought, op->detail);
        break;
    case TUTTI_OP_OPTION:
        if (op->flags) break;
        *(int64_t *)op->detail = (int64_t)pass_number(brought, *(uint64_t *)op->detail, 8);
        break;
    case TUTTI_OP_RESOLVE:
        pass_lookup(brought, op->detail, (uint64_t)op->result);
        break;
    case TUTTI_OP_PAIR:
    case TUTTI_OP_PIPE:
        pass_handle(brought, &op->handle);
        pass_handle(brought, &op->other);
        break;
    case TUTTI_OP_SOCKET:
        pass_handle(brought, &op->other);
        break;
    default:
        break;
    }
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648, section 4. */
void base64_put(char *out, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = 0;
        for (size_t j = 0; j < 3; j++)
            three = three << 8 | (i + j < size ? (unsigned char)bytes[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            *out++ = i + j > size ? '=' : digits[three >> (18 - 6 * j) & 63];
    }
    *out = '\0';
}

bool base64_get(struct tutti_text *out, const char *text)
{
    size_t length = strlen(text);
    if (length % 4 != 0) return false;
    for (size_t i = 0; i < length; i += 4) {
        uint32_t three = 0;
        size_t filled = 0;
        for (size_t j = 0; j < 4; j++) {
            const char *digit = memchr(digits, text[i + j], sizeof digits - 1);
            if (!digit && (text[i + j] != '=' || j < 2 || i + 4 != length)) return false;
            if (digit && filled > 0) return false;
            filled += !digit;
            three = three << 6 | (digit ? (uint32_t)(digit - digits) : 0);
        }
        const char bytes[3] = {(char)(three >> 16), (char)(three >> 8), (char)three};
        tutti_text_add(out, bytes, 3 - filled);
    }
    return true;
}
