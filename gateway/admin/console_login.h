// How a client comes to the console, and is sent away from it.
#pragma once

#include <string>
#include <string_view>

namespace forebay::admin {

// Whether a client that asks for this database wants the console.
bool isConsoleDatabase(std::string_view database);

// The ParameterStatus messages of a console login, to stand between AuthenticationOk and ReadyForQuery.
std::string consoleParameters();

// The last words to a client that sends the console anything but Query and Terminate; a close must follow.
// `type` is the type byte of what it sent.
std::string consoleRefusal(char type);

}  // namespace forebay::admin
