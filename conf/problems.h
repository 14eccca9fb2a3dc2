// Problems: all that is wrong with one configuration, each with its place, so that one run shows everything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/places.h"

namespace forebay::conf {

class Problems {
 public:
  // `source` is what stands before the place: a file name, or "DATABASE_URL".
  explicit Problems(std::string source) : source_(std::move(source)) {}

  void add(Place place, std::string message) { all_.push_back({place, source_, std::move(message)}); }
  // A problem of another file, or one without a place: `message` is the whole line.
  void addLine(std::string message) { all_.push_back({{}, {}, std::move(message)}); }

  // Where a setting was written, by its path such as "postgres.databases.app.pool_size".
  void remember(const std::string& path, Place place) { places_.remember(path, place); }
  const Place* placeOf(const std::string& path) const { return places_.find(path); }
  const Places& places() const { return places_; }
  // At the place of `path`, or of what encloses it, or at the top of the file.
  void addAt(std::string path, std::string message);

  bool none() const { return all_.empty(); }
  Error error() const;  // one a line, in the order of the file

 private:
  struct Problem {
    Place place;
    std::string source, message;
  };
  std::string source_;
  std::vector<Problem> all_;
  Places places_;
};

}  // namespace forebay::conf
