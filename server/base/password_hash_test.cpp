#include "base/password_hash.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "base/crypto.h"

namespace taskgate {
namespace {

TEST(PasswordHash, VerifiesThePasswordItWasMadeFromAndNoOther) {
  const std::string hash = hash_password("correct horse battery");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_TRUE(verify_password(hash, "correct horse battery"));
  EXPECT_FALSE(verify_password(hash, "correct horse batterz"));
  EXPECT_FALSE(verify_password(hash, ""));
  EXPECT_FALSE(needs_rehash(hash));
  EXPECT_NE(hash, hash_password("correct horse battery"));
}

TEST(PasswordHash, AgreesWithLibsodiumInBothDirections) {
  initialize_crypto();
  const std::string password = "pa\xc3\x9fwort mit Leerzeichen";
  const std::string ours = hash_password(password);
  EXPECT_EQ(crypto_pwhash_str_verify(ours.c_str(), password.data(), password.size()), 0);
  char theirs[crypto_pwhash_STRBYTES];
  ASSERT_EQ(
      crypto_pwhash_str_alg(theirs, password.data(), password.size(), 1, 8 * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13),
      0);
  EXPECT_TRUE(verify_password(theirs, password));
  EXPECT_FALSE(verify_password(theirs, "other"));
  EXPECT_TRUE(needs_rehash(theirs));
}

// Made by libxcrypt's crypt(3) through Python.
TEST(PasswordHash, VerifiesBcryptHashesOfImportedUsers) {
  const std::string b = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
  const std::string y = "$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";
  const std::string a = "$2a$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
  for (const std::string& hash : {a, b, y}) {
    EXPECT_TRUE(is_bcrypt_hash(hash)) << hash;
    EXPECT_TRUE(is_supported_password_hash(hash));
    EXPECT_TRUE(verify_password(hash, "correct horse")) << hash;
    EXPECT_FALSE(verify_password(hash, "correct horsf")) << hash;
    EXPECT_FALSE(verify_password(hash, std::string("correct horse\0x", 15))) << hash;
    EXPECT_TRUE(needs_rehash(hash));
  }
  EXPECT_TRUE(verify_password("$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i", std::string(80, 'x')));
}

TEST(PasswordHash, NeverWorksForAHostileHash) {
  const std::string salt_and_hash = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  EXPECT_TRUE(is_supported_password_hash("$argon2id$v=19$m=19456,t=2,p=1" + salt_and_hash));
  for (const std::string parameters :
       {"$argon2id$v=19$m=4194304,t=2,p=1", "$argon2id$v=19$m=262145,t=2,p=1", "$argon2id$v=19$m=19456,t=1000,p=1",
        "$argon2id$v=19$m=19456,t=11,p=1", "$argon2id$v=19$m=19456,t=2,p=4", "$argon2id$v=19$m=19456,t=0,p=1",
        "$argon2id$v=19$m=4,t=2,p=1", "$argon2id$v=16$m=19456,t=2,p=1", "$argon2i$v=19$m=19456,t=2,p=1",
        "$argon2id$v=19$m=019456,t=2,p=1", "$argon2id$v=19$m=-1,t=2,p=1", "$argon2id$v=19$t=2,m=19456,p=1",
        "$argon2id$v=19$m=99999999999999,t=2,p=1", "$argon2id$m=19456,t=2,p=1"}) {
    EXPECT_FALSE(is_supported_password_hash(parameters + salt_and_hash)) << parameters;
    EXPECT_FALSE(verify_password(parameters + salt_and_hash, "x")) << parameters;
  }
  for (const std::string hash :
       {"", "$", "$argon2id$v=19$m=19456,t=2,p=1", "$argon2id$v=19$m=19456,t=2,p=1$$",
        "$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$2b$16$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$2x$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "$2b$04$abc", "$6$salt$hash", "plain", "*0"}) {
    EXPECT_FALSE(is_supported_password_hash(hash)) << hash;
    EXPECT_FALSE(verify_password(hash, "x")) << hash;
    EXPECT_TRUE(needs_rehash(hash)) << hash;
  }
}

TEST(PasswordHash, DecoyCostsTheSameAndMatchesNothing) {
  EXPECT_TRUE(is_supported_password_hash(decoy_password_hash()));
  EXPECT_FALSE(needs_rehash(decoy_password_hash()));
  EXPECT_FALSE(verify_password(decoy_password_hash(), ""));
  EXPECT_EQ(&decoy_password_hash(), &decoy_password_hash());
}

}  // namespace
}  // namespace taskgate
