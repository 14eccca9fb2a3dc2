// Places: where each setting of a configuration was written, for messages that send the reader there.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace forebay::conf {

struct Place {
  uint32_t line = 0, column = 0;  // from 1; 0: not in the file
};

std::string format(Place place);  // "12:5"; empty when there is none

class Places {
 public:
  // By the setting's path, such as "postgres.databases.app.pool_size".
  void remember(const std::string& path, Place place) { places_.insert_or_assign(path, place); }
  const Place* find(const std::string& path) const;
  bool empty() const { return places_.empty(); }

 private:
  std::map<std::string, Place> places_;
};

}  // namespace forebay::conf
