#include "transport/text_config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace transport {
namespace {

class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text_.empty()) return;
    text_ = absl::StrFormat("%d:%d: %s", line + 1, column + 1, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::Status ReadTextConfig(const std::string& path, google::protobuf::Message& config) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path));
  google::protobuf::TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, &config)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%s:%s", path, error.text()));
}

int TellCheck(const absl::Status& status) {
  const std::string text =
      status.ok() ? "The configuration is good." : std::string(status.message());
  std::fprintf(stderr, "%s\n", text.c_str());
  return status.ok() ? 0 : 1;
}

std::string ResolvePath(const std::string& config_path, const std::string& name) {
  if (name.empty()) return name;
  return (std::filesystem::path(config_path).parent_path() / name).string();
}

}  // namespace transport
