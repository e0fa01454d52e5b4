// SPDX-License-Identifier: Apache-2.0
#include "wire/errors.h"

namespace rollcall::wire {

std::string_view to_string(DecodeError error) {
    switch (error) {
        case DecodeError::truncated:
            return "truncated";
        case DecodeError::bad_msgpack:
            return "bad_msgpack";
        case DecodeError::bad_field:
            return "bad_field";
        case DecodeError::unknown_message:
            return "unknown_message";
        case DecodeError::empty_message:
            return "empty_message";
        case DecodeError::nested:
            return "nested";
        case DecodeError::too_large:
            return "too_large";
        case DecodeError::bad_checksum:
            return "bad_checksum";
        case DecodeError::bad_compression:
            return "bad_compression";
        case DecodeError::label_mismatch:
            return "label_mismatch";
        case DecodeError::not_encrypted:
            return "not_encrypted";
        case DecodeError::encrypted_unexpectedly:
            return "encrypted_unexpectedly";
        case DecodeError::bad_encryption:
            return "bad_encryption";
    }
    return "unknown";
}

static_assert(static_cast<std::size_t>(DecodeError::bad_encryption) + 1 == kDecodeErrors);

}  // namespace rollcall::wire
