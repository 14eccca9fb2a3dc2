// TreeTokens cuts the JSON that libpg_query makes of a parse tree into tokens, which point into it. Nothing
// is allocated. It knows no more of JSON than that: it checks no grammar, and leaves strings as they are
// written, with their backslashes.
#pragma once

#include "base/bytes.h"

namespace forebay::pgproto {

struct TreeToken {
  enum class Kind : uint8_t {
    kEnd,
    kObject,
    kObjectEnd,
    kArray,
    kArrayEnd,
    kKey,
    kString,
    kWord,  // a number, true, false or null
  };
  Kind kind = Kind::kEnd;
  Bytes text;  // of a key or string: without its quotes
};

class TreeTokens {
 public:
  explicit TreeTokens(Bytes json) : left_(json) {}

  TreeToken next() {
    left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n,:"), left_.size()));
    if (left_.empty()) return {};
    switch (left_[0]) {
      case '{': return take(TreeToken::Kind::kObject, 1);
      case '}': return take(TreeToken::Kind::kObjectEnd, 1);
      case '[': return take(TreeToken::Kind::kArray, 1);
      case ']': return take(TreeToken::Kind::kArrayEnd, 1);
      case '"': return string();
      default: return take(TreeToken::Kind::kWord, std::min(left_.find_first_of(",]} \t\r\n"), left_.size()));
    }
  }

 private:
  TreeToken take(TreeToken::Kind kind, size_t size) {
    const TreeToken token{kind, left_.substr(0, size)};
    left_.remove_prefix(size);
    return token;
  }

  TreeToken string() {
    left_.remove_prefix(1);
    size_t end = 0;
    while (end < left_.size() && left_[end] != '"') end += left_[end] == '\\' ? 2 : 1;
    if (end >= left_.size()) {
      left_ = {};
      return {};
    }
    TreeToken token = take(TreeToken::Kind::kString, end);
    left_.remove_prefix(1);
    if (left_.starts_with(':')) token.kind = TreeToken::Kind::kKey;
    return token;
  }

  Bytes left_;
};

}  // namespace forebay::pgproto
