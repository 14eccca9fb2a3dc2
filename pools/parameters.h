// What a session has set: the parameters that follow a client from server to server.
//
// A set of parameters is a label, kept once per worker: two sessions with the same settings hold the same
// pointer, so "does this server suit this client?" is one comparison, and only when it does not is SQL sent.
// Names compare without regard to case, as the server's do. Counted without locks: a ParameterTable and its
// sets belong to one worker.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace forebay::pools {

struct Parameter {
  std::string name, value;
  bool verbatim =
      false;  // the value is SQL as a session wrote it, such as a list of schemas, not text to be quoted
  bool operator==(const Parameter&) const = default;
};

bool sameName(Bytes a, Bytes b);

class ParameterTable;

// Sorted by name, each name once.
struct Parameters {
  std::vector<Parameter> entries;
  uint32_t references = 0;
  ParameterTable* table = nullptr;
  std::string_view identity;  // the key that it is kept under

  const std::string* find(Bytes name) const;
  const Parameter* entry(Bytes name) const;
};

class ParametersRef {
 public:
  ParametersRef() = default;
  explicit ParametersRef(Parameters* parameters) : parameters_(parameters) {
    if (parameters_) ++parameters_->references;
  }
  ParametersRef(const ParametersRef& other) : ParametersRef(other.parameters_) {}
  ParametersRef(ParametersRef&& other) noexcept : parameters_(std::exchange(other.parameters_, nullptr)) {}
  ParametersRef& operator=(ParametersRef other) noexcept {
    std::swap(parameters_, other.parameters_);
    return *this;
  }
  ~ParametersRef();

  const Parameters* get() const { return parameters_; }
  const Parameters* operator->() const { return parameters_; }
  const Parameters& operator*() const { return *parameters_; }
  explicit operator bool() const { return parameters_ != nullptr; }
  bool operator==(const ParametersRef& other) const { return parameters_ == other.parameters_; }

 private:
  Parameters* parameters_ = nullptr;
};

class ParameterTable {
 public:
  ParameterTable() = default;
  ParameterTable(const ParameterTable&) = delete;
  ParameterTable& operator=(const ParameterTable&) = delete;
  ~ParameterTable();

  // Later entries win over earlier ones of the same name.
  ParametersRef intern(std::vector<Parameter> entries);
  ParametersRef with(const ParametersRef& base, Bytes name, Bytes value, bool verbatim = false);
  ParametersRef without(const ParametersRef& base, Bytes name);
  size_t size() const { return sets_.size(); }

 private:
  friend class ParametersRef;
  void forget(Parameters& parameters);
  std::unordered_map<std::string, Parameters> sets_;
};

inline ParametersRef::~ParametersRef() {
  if (parameters_ && --parameters_->references == 0) parameters_->table->forget(*parameters_);
}

// SQL that turns a session with the settings `from` into one with `to`: SET for what differs, RESET for what
// only `from` has. Empty when nothing does.
std::string switchSql(const Parameters& from, const Parameters& to);

// DateStyle is two settings in one, and a value that names only one of them leaves the other as it is: "ISO"
// after "SQL, DMY" means "ISO, DMY". Returns both, as the server would report them, from what is `asked` for
// and what is `current`; `asked` itself where that is not understood. Source: check_datestyle() of
// PostgreSQL.
std::string wholeDateStyle(Bytes asked, Bytes current);

// `text` as a SQL string constant, right whatever standard_conforming_strings is.
std::string quoteLiteral(Bytes text);
std::string quoteIdentifier(Bytes name);

}  // namespace forebay::pools
