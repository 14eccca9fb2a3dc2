#include "base/nearest.h"

#include <algorithm>

namespace forebay {

namespace {

// Optimal string alignment distance: Levenshtein's, where swapping two neighbours is one slip.
size_t slips(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(row);
  }
  return previous[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view written,
                                        const std::vector<std::string_view>& known) {
  if (written.size() > 64) return std::nullopt;
  std::optional<std::string_view> best;
  size_t fewest = std::max<size_t>(1, written.size() / 3) + 1;  // a third of the letters may be wrong
  for (const std::string_view word : known) {
    const size_t count = slips(written, word);
    if (count >= fewest) continue;
    fewest = count;
    best = word;
  }
  return best;
}

}  // namespace forebay
