// What OpenSSL's error queue has to say, in words for a person.
#pragma once

#include <string>

namespace forebay::net {

// The first reason in this thread's error queue, with its detail when it has one; empties the queue. The
// first one is nearest to the cause: "No such file or directory" comes before "system lib" and "PEM lib".
std::string takeTlsError();

}  // namespace forebay::net
