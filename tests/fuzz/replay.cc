// Where libFuzzer is missing: runs the target over each file of its corpus folder, whole and cut at every
// position.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

// The longest prefix that is tried; a seed is far shorter, unless it is there for its length.
constexpr size_t kMaxCut = 2048;

std::vector<uint8_t> contentsOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void run(const std::vector<uint8_t>& input, size_t size) {
  const std::vector<uint8_t> exact(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(exact.data(),
                         exact.size());  // no byte behind its end that a sanitizer would let pass
}

}  // namespace

int main(int argc, char** argv) {
  std::error_code error;
  const std::filesystem::directory_iterator corpus(argc == 2 ? argv[1] : "", error);
  if (error) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER (%s)\n", argv[0], error.message().c_str());
    return 2;
  }
  size_t seeds = 0;
  for (const auto& entry : corpus) {
    if (!entry.is_regular_file()) continue;
    std::fprintf(stderr, "%s\n", entry.path().c_str());  // the last line before a finding names its seed
    const std::vector<uint8_t> input = contentsOf(entry.path());
    for (size_t size = 0; size < std::min(input.size(), kMaxCut); ++size) run(input, size);
    run(input, input.size());
    ++seeds;
  }
  std::fprintf(stderr, "%zu seeds\n", seeds);
  return seeds > 0 ? 0 : 1;
}
