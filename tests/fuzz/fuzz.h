// What the fuzz targets share.
//
// A target is one decoder: it gets any bytes at all and checks what must hold for all of them, not only that
// nothing crashes. libFuzzer calls it with inputs of its own making; replay.cc, where there is no clang, with
// the corpus.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace forebay::fuzz {

// Ends the process, which libFuzzer and ctest take for a finding, when `holds` does not. `what` says what
// should.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline Bytes asBytes(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

// Views handed out by a decoder point into what it was given.
inline void requireInside(Bytes view, Bytes input) {
  const bool inside = view.data() >= input.data() && view.data() + view.size() <= input.data() + input.size();
  require(view.empty() || inside, "a view lies inside the input");
}

}  // namespace forebay::fuzz
