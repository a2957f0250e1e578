using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Configuration;

public sealed class EnvFileTests
{
    [Theory]
    [InlineData("A=b", "A", "b")]
    [InlineData("A = b ", "A", "b")]
    [InlineData("  export A=b", "A", "b")]
    [InlineData("A=", "A", "")]
    [InlineData("A=\"b c\"", "A", "b c")]
    [InlineData("A='b # c'", "A", "b # c")]
    [InlineData("A='b' # comment", "A", "b")]
    [InlineData("A=b # comment", "A", "b")]
    [InlineData("A=b#c", "A", "b#c")]
    [InlineData("A=#bc", "A", "#bc")]
    [InlineData("A=b=c==", "A", "b=c==")]
    [InlineData("A=\"b\\\"c\"", "A", "b\"c")]
    [InlineData("A=\"b\\nc\"", "A", "b\nc")]
    [InlineData("A='b\\nc'", "A", "b\\nc")]
    [InlineData("A='b\\'c'", "A", "b'c")]
    [InlineData("A='$pbkdf2-sha256$600000$x$y'", "A", "$pbkdf2-sha256$600000$x$y")]
    [InlineData("A=b c", "A", "b c")]
    public void A_line_means_what_python_dotenv_makes_of_it(string line, string name, string value) => Assert.Equal((name, value), EnvFile.Parse(line));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("# A=b")]
    [InlineData("A")]
    [InlineData("=b")]
    public void Other_lines_mean_nothing(string line) => Assert.Null(EnvFile.Parse(line));

    /// <summary>python-dotenv would take the comment for the value, which nobody intends.</summary>
    [Fact]
    public void A_comment_where_a_value_could_be_is_a_comment() => Assert.Equal(("A", ""), EnvFile.Parse("A= # six digits"));

    [Fact]
    public void The_last_line_of_a_name_wins_and_a_missing_file_is_empty()
    {
        using var folder = new TemporaryFolder();
        Assert.Empty(EnvFile.Read(folder.File(".env")));
        File.WriteAllText(folder.File(".env"), "\uFEFFA=1\r\nB=2\r\nA=3\r\n");
        Assert.Equal([("A", "3"), ("B", "2")], EnvFile.Read(folder.File(".env")).Select(static pair => (pair.Key, pair.Value)).Order());
    }

    [Fact]
    public void The_first_start_writes_random_secrets_into_a_file_of_its_owner()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File(".env");
        var values = new Dictionary<string, string>();
        var pin = EnvFile.AddMissingSecrets(path, values);
        Assert.Matches("^[0-9]{6}$", pin);
        var written = EnvFile.Read(path);
        Assert.Equal(pin, written["BOT_CONTROL_PIN"]);
        Assert.Matches("^[0-9a-f]{64}$", written["JWT_SECRET_KEY"]);
        Assert.Equal("http://localhost:5000", written["CORS_ORIGINS"]);
        Assert.Equivalent(written, values, strict: true);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        var before = File.ReadAllText(path);
        Assert.Null(EnvFile.AddMissingSecrets(path, EnvFile.Read(path)));
        Assert.Equal(before, File.ReadAllText(path));
    }

    [Fact]
    public void Existing_lines_stay_and_what_lacks_is_put_behind_them()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File(".env");
        const string Mine = "# mine\nMCP_SERVER_PORT=3100\nBOT_CONTROL_PIN=\nJWT_SECRET_KEY=0123456789abcdef0123456789abcdef";
        File.WriteAllText(path, Mine);
        var pin = EnvFile.AddMissingSecrets(path, EnvFile.Read(path));
        Assert.StartsWith(Mine + "\n", File.ReadAllText(path), StringComparison.Ordinal);
        var values = EnvFile.Read(path);
        Assert.Equal(pin, values["BOT_CONTROL_PIN"]);
        Assert.Equal("0123456789abcdef0123456789abcdef", values["JWT_SECRET_KEY"]);
        Assert.False(values.ContainsKey("CORS_ORIGINS"));
    }
}
