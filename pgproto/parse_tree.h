// ParseTree reads the tree that PostgreSQL's parser makes of a text, and notes what decides whether the text
// only reads. For read_only.cc.
//
// libpg_query hands its tree out as JSON. A node is an object under its name: {"FuncCall": {"funcname":
// [{"String": {"sval": "now"}}], ...}}; a member whose type leaves no choice is an object without one. It is
// read as a stream, since 8 KB of text may become 600 KB of tree, thousands of levels deep.
//
// What is not known is refused: each node's name must be on a list, so a construct that nobody has thought of
// is not a read. Views into the JSON are kept while it is read.
#pragma once

#include <vector>

#include "pgproto/read_only.h"

namespace forebay::pgproto {

class ParseTree {
 public:
  explicit ParseTree(const VolatilityCatalog* catalog) : catalog_(catalog) {}

  // All the statements together.
  Classification read(Bytes json);

 private:
  struct Frame {  // an object or array that is open
    bool is_array = false;
    Bytes under;            // the name or member that it is the value of
    Bytes member;           // an object: the one that is being read
    size_t first_name = 0;  // an array: where its strings begin in names_
  };

  void open(bool is_array);
  void closeObject();
  void closeArray();
  void key(Bytes name);
  void string(Bytes value);
  void word(Bytes value);

  bool inStatement() const;
  void beginStatement(Bytes node);
  void endStatement();
  void enterNode(Bytes node);
  void endMode();
  void lookUpList(Bytes list, size_t first);
  void lookUpFunction(size_t first);
  void lookUpName(CatalogKind kind, size_t first);
  void lookUp(CatalogKind kind, Bytes schema, Bytes name);
  void refuse(Classification::Reason reason);

  const VolatilityCatalog* const catalog_;
  std::vector<Frame> frames_;
  std::vector<Bytes> names_;  // the strings of the lists of names that are open
  Bytes schema_;              // of the relation whose name comes next
  Bytes mode_, mode_value_;   // of BEGIN or SET TRANSACTION
  bool mode_on_ = false;
  Bytes set_kind_, set_name_;
  Classification statement_, all_;
};

}  // namespace forebay::pgproto
