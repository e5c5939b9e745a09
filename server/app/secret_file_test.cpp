#include "app/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/crypto.h"

namespace taskgate::app {
namespace {

class SecretFileTest : public testing::Test {
 protected:
  SecretFileTest() {
    initialize_crypto();
    std::string pattern = (std::filesystem::temp_directory_path() / "taskgate-secret-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SecretFileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(SecretFileTest, MakesASecretOnceForItsOwnerOnly) {
  const auto file = folder_ / "jwt_secret";
  const auto secret = load_or_create_secret(file);
  EXPECT_GE(secret.size(), 32U);
  EXPECT_EQ(load_or_create_secret(file), secret);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_NE(load_or_create_secret(folder_ / "other"), secret);
}

TEST_F(SecretFileTest, RefusesAFileThatIsNoSecret) {
  const auto file = folder_ / "jwt_secret";
  std::ofstream(file) << "short\n";
  EXPECT_THROW((void)load_or_create_secret(file), std::runtime_error);
}

TEST_F(SecretFileTest, SaysWhenItCannotBeWritten) {
  try {
    (void)load_or_create_secret(folder_ / "absent" / "jwt_secret");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot be written"), std::string::npos);
  }
}

}  // namespace
}  // namespace taskgate::app
