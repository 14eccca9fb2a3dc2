// PostgreSQL messages as a client sends them, byte by byte. Written apart from pgproto/, so that a mistake
// there is not repeated here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forebay::rig::wire {

inline constexpr uint32_t kProtocol30 = 3 << 16;
inline constexpr uint32_t kProtocol32 = (3 << 16) | 2;

std::string int16(uint16_t value);
std::string int32(uint32_t value);
std::string cstring(std::string_view text);  // with its zero byte

std::string message(char type, std::string_view body);
std::string startup(const std::vector<std::pair<std::string, std::string>>& parameters,
                    uint32_t version = kProtocol30);
std::string sslRequest();
std::string gssEncRequest();
std::string cancelRequest(uint32_t pid, std::string_view secret);

std::string password(std::string_view text);
std::string md5Password(std::string_view user, std::string_view password, std::string_view salt);

std::string saslInitialResponse(std::string_view mechanism, std::string_view data);
std::string saslResponse(std::string_view data);

std::string query(std::string_view sql);
std::string parse(std::string_view statement, std::string_view sql);
std::string bind(std::string_view portal, std::string_view statement,
                 const std::vector<std::optional<std::string>>& values = {});
std::string describe(char kind, std::string_view name);  // 'S' a statement, 'P' a portal
std::string execute(std::string_view portal, uint32_t max_rows = 0);
std::string close(char kind, std::string_view name);
std::string sync();
std::string flush();
std::string terminate();
std::string copyData(std::string_view data);
std::string copyDone();
std::string copyFail(std::string_view reason);

}  // namespace forebay::rig::wire
