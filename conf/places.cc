#include "conf/places.h"

namespace forebay::conf {

std::string format(Place place) {
  return place.line == 0 ? "" : std::to_string(place.line) + ":" + std::to_string(place.column);
}

const Place* Places::find(const std::string& path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? nullptr : &found->second;
}

}  // namespace forebay::conf
