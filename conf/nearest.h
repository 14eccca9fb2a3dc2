#pragma once

#include "base/nearest.h"
