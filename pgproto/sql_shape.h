// The shape of a SQL text: what is left of it when its literals do not count. Texts that differ in nothing
// else have one shape, so what is once known of a shape need not be found out again for each text.
//
// A shape is SQL. Each number becomes 1 and each string '0' (behind the letters of E'', B'', X'', N'' and
// U&'', where it has them); a list of literals, or of parameters, behind IN or ARRAY becomes its first one; a
// comment becomes a blank, and blanks at both ends go. Everything else stays as it is, byte for byte: what is
// never taken away can never be missed by who reads the shape in place of the text. So spelling counts, white
// space and capitals: an application spells a statement in one way, and a second way costs a second look at
// it, nothing worse.
//
// Who reads a shape must not care for the values of literals, nor for how many there are in such a list. What
// cannot be read stays unreadable: a literal without an end becomes a lone quote, and UESCAPE, which changes
// what an identifier says, is followed by a character that it refuses.
//
// As everywhere here, strings are cut with standard_conforming_strings on and in an encoding that has no
// backslash in its other characters: of a client with it off, or with SJIS, BIG5, GBK, GB18030, UHC or JOHAB,
// take no shapes.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace forebay::pgproto {

// SqlShaper owns the memory that a shape is written to, 24 KiB: one per thread is enough. Nothing is
// allocated; half a ns a byte, and 5 ns for each literal.
class SqlShaper {
 public:
  static constexpr size_t kMaxSql = 16384;  // of a longer text the shape is not taken

  // Good until the next call. Empty: the text is too long, or there is nothing in it but comments.
  [[gnu::hot]] Bytes shape(Bytes sql);

 private:
  // '' becomes '0', which is as much as a shape can be longer than its text; and the last copy is of a whole
  // block.
  std::array<char, kMaxSql + kMaxSql / 2 + 32> text_;
};

}  // namespace forebay::pgproto
