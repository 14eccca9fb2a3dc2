// VolatilityCatalog: what of one database's system catalogs decides whether a statement only reads. Which
// functions, operators and types may be used, which relations are not plain tables.
//
// PostgreSQL has it that a function is volatile (its default), stable or immutable, and runs the last two
// with writes forbidden. Its word is taken for that; what a function does in spite of its mark is not seen.
//
// An unqualified name is safe when everything of that name is, in whatever schema and whatever its arguments:
// nobody here knows the search path or resolves overloads. A name that the snapshot does not have is unknown,
// and so is one with a byte above 127, whose bytes depend on who asks.
//
// A snapshot, immutable and so for all threads; 120 KB for a database without functions of its own. It is out
// of date once DDL has run, and the next one has to replace it then.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace forebay::pgproto {

enum class CatalogKind : char {
  kFunction = 'f',  // aggregates, window functions and procedures, too
  kOperator = 'o',
  kType = 't',       // what a cast may name: not composite and array types
  kRelation = 'r',   // listed only when it is not a plain table
  kAttribute = 'a',  // t.name may mean name(t): functions that do not only read and can be called so
  kImplicit = 'i',   // what runs without being written, such as an implicit cast, and does not only read
};

struct CatalogRow {
  CatalogKind kind;
  std::string schema;
  std::string name;
  bool safe;  // it, and all it stands for, only reads
};

// A row of kVolatilityQuery, as text.
std::optional<CatalogRow> readCatalogRow(std::span<const Bytes> columns);

class VolatilityCatalog {
 public:
  enum class Verdict : uint8_t { kSafe, kUnsafe, kUnknown };

  explicit VolatilityCatalog(const std::vector<CatalogRow>& rows);

  // `schema` is empty where the statement names none.
  Verdict find(CatalogKind kind, Bytes schema, Bytes name) const;
  size_t bytes() const { return sizeof *this + names_.capacity() + entries_.capacity() * sizeof(Entry); }

 private:
  struct Entry {
    uint32_t at;  // in names_: the name and then the schema
    uint16_t name_size, schema_size;
    CatalogKind kind;
    bool safe;
  };

  Bytes name(const Entry& entry) const { return Bytes(names_).substr(entry.at, entry.name_size); }
  Bytes schema(const Entry& entry) const {
    return Bytes(names_).substr(entry.at + entry.name_size, entry.schema_size);
  }

  std::string names_;
  std::vector<Entry> entries_;  // by kind and name
  bool unsafe_unseen_ = false;  // there is a kImplicit
};

// Loads the rows: kind, schema, name, safe. Needs no privilege, PostgreSQL 11 or later, and an empty
// search_path. Takes some 100 ms, and more where there are thousands of views or functions; with jit on it
// takes several times as long.
extern const Bytes kVolatilityQuery;

// May a command with that CommandComplete tag have changed what the catalogs say? Only when its transaction
// has been committed do others see it. What a function does inside itself has no tag.
[[gnu::hot]] bool changesCatalog(Bytes tag);

}  // namespace forebay::pgproto
