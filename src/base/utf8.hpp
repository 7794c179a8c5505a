// Text as code points: what is UTF-8, and what of it may be shown on a terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lars::base {

// Takes the code point at the front off `text`: shortest form, no surrogates, at most U+10FFFF. nullopt where there is
// none; then nothing is taken. REQUIRES: text not empty.
std::optional<char32_t> take_code_point(std::string_view& text);

// False of what moves a cursor, colours, hides or reverses text: control characters (C0, DEL, C1) and the marks that
// change the direction of writing.
bool is_printable(char32_t point);

// The whole text is UTF-8 and printable.
bool is_printable_utf8(std::string_view text);

// The text with each byte of what is not printable UTF-8 as \xNN. What is printable stays as it is.
std::string printable(std::string_view text);

}  // namespace lars::base
