// Decodes UTF-8, and decides which code points are safe to print on a terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lars::base {

// Decodes the code point at the front of `text` and removes it: shortest form, no surrogates, at most U+10FFFF. Returns
// nullopt and removes nothing if the bytes are not UTF-8. REQUIRES: text is not empty.
std::optional<char32_t> take_code_point(std::string_view& text);

// False for control characters (C0, DEL, C1) and for marks that change the direction of writing: they could move the
// cursor, or colour, hide or reverse text.
bool is_printable(char32_t point);

// True if the whole text is UTF-8 and printable.
bool is_printable_utf8(std::string_view text);

// Writes every byte that is not part of printable UTF-8 as \xNN.
std::string printable(std::string_view text);

}  // namespace lars::base
