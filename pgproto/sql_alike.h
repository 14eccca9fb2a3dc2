// Have two SQL texts one shape (sql_shape.h), at a glance? A client that asks for one thing after the other
// sends the same text with another integer in it, and to see that is cheaper than to write down its shape.
#pragma once

#include "base/bytes.h"

namespace forebay::pgproto {

// Is nothing quoted, commented or a parameter in it, so that each integer in it is one?
bool isPlainSql(Bytes sql);

// Are the two the same; or, where `plain`, the same but for integers that stand alone? Then they have one
// shape. False says nothing. `plain`: one of the two isPlainSql(), and so is the other if only digits differ.
// Below 1 ns for each 8 bytes, and 5 ns for each integer.
[[gnu::hot]] bool isAlike(Bytes one, Bytes other, bool plain);

}  // namespace forebay::pgproto
