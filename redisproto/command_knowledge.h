// What a gateway knows of commands beside what a server tells of them, by their full names: "config|set".
#pragma once

#include "redisproto/command.h"

namespace forebay::redisproto {

// Fills in `special`, `slow`, `beyond`, and the rule that finds the keys.
void applyKnowledge(Command& command);

// The categories that follow from the flags, as Redis adds them to those that its sources name.
uint32_t impliedCategories(uint32_t flags, uint32_t categories);

}  // namespace forebay::redisproto
