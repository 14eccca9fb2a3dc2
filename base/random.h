// Random bytes for keys, nonces and salts, from the kernel.
#pragma once

#include <cstddef>
#include <string>

namespace forebay {

// Fills `out`; cannot fail on a kernel that has getrandom(2), and ends the process where it does.
void fillRandom(void* out, size_t size);
std::string randomBytes(size_t size);

}  // namespace forebay
