#include "conf/problems.h"

#include <algorithm>
#include <tuple>

namespace forebay::conf {

void Problems::addAt(std::string path, std::string message) {
  for (;;) {
    if (const Place* place = placeOf(path)) return add(*place, std::move(message));
    const size_t dot = path.rfind('.');
    if (dot == std::string::npos) break;
    path.resize(dot);
  }
  add(places_.empty() ? Place{} : Place{1, 1}, std::move(message));
}

Error Problems::error() const {
  std::vector<Problem> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  std::string text;
  for (const Problem& each : sorted) {
    if (!text.empty()) text += '\n';
    text += each.source;
    if (each.place.line > 0) text += ":" + format(each.place);
    if (!each.source.empty()) text += ": ";
    text += each.message;
  }
  return Error{text};
}

}  // namespace forebay::conf
