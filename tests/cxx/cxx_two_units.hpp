// SPDX-License-Identifier: Apache-2.0
#ifndef CXX_TWO_UNITS_HPP
#define CXX_TWO_UNITS_HPP

#include <auraio.hpp>

auraio::Task<int> number_of_other_unit(auraio::Engine &engine);
int nops_of_other_unit(auraio::Engine &engine);
bool cancelled_in_other_unit(void (*call)());

#endif
