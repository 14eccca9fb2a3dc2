#include "conf/assign.h"

#include <filesystem>

namespace forebay::conf {

std::string relativeTo(std::string_view folder, const std::string& file) {
  if (file.empty() || folder.empty()) return file;
  return (std::filesystem::path(folder) / file)
      .lexically_normal()
      .string();  // an absolute file replaces the folder
}

std::string folderOf(std::string_view file) { return std::filesystem::path(file).parent_path().string(); }

std::string doesNotFit(std::string_view name, std::string_view expected, const Given& given, bool secret) {
  std::string text = std::string(name).append(" must be ").append(expected);
  if (!secret) text += ", not '" + textOf(given) + "'";
  return text;
}

}  // namespace forebay::conf
