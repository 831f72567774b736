// SPDX-License-Identifier: BSD-2-Clause
//
// Catch2 of whichever release is here: 2.13 in Debian 12, 3 in newer ones.

#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
