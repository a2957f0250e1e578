using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Configuration;

/// <summary>DATABASE_URL in both forms, and what is said of a wrong one.</summary>
public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgres://owner:p%40ss@db.example:5433/bots?sslmode=verify-full", "dbname=bots host=db.example:5433 password=p@ss sslmode=verify-full user=owner")]
    [InlineData("postgresql://owner@one:5432,two:5433/bots", "dbname=bots host=one:5432,two:5433 user=owner")]
    [InlineData("host=one,two port=5433 dbname = bots user='o\\'wner' password='a b'", "dbname=bots host=one,two password=a b port=5433 user=o'wner")]
    [InlineData("postgres://o:a@b:c@host/bots", "dbname=bots host=host password=a@b:c user=o")]
    public void Both_forms_are_read(string text, string expected) => Assert.Equal(
        expected, string.Join(' ', DatabaseUrl.Parse(text).Values.OrderBy(static value => value.Key, StringComparer.Ordinal).Select(static value => $"{value.Key}={value.Value}")));

    [Theory]
    [InlineData("trading_bot.db", "must be a URL")]
    [InlineData("postgres://owner:hidden-word@host", "must name a host, a user and a database")]
    [InlineData("postgres://owner:hidden-word@host/bots?sslmode=maybe", "sslmode")]
    [InlineData("postgres://owner:hidden-word@host/bots?frobnicate=1", "does not take frobnicate")]
    [InlineData("host=one dbname=bots user=o password='hidden-word", "a quote that does not end")]
    [InlineData("host=one port=70000 dbname=bots user=o password=hidden-word", "port")]
    public void A_wrong_one_is_refused_by_what_is_wrong_and_without_its_password(string text, string expected)
    {
        var error = Assert.Throws<FormatException>(() => DatabaseUrl.Parse(text));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-word", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_shown_without_its_password() =>
        Assert.Equal("postgres://owner@one:5432,two/bots", DatabaseUrl.Parse("postgres://owner:hidden-word@one:5432,two/bots?sslmode=require").ToString());

    [Fact]
    public void A_setting_refuses_it_by_its_name_and_shows_no_password()
    {
        var error = Assert.Throws<SettingsException>(static () => Settings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = "postgres://owner:hidden-word@host" }));
        Assert.Contains("DATABASE_URL must name a host", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-word", error.Message, StringComparison.Ordinal);
    }

    /// <summary>None may pass by it and work on a file instead.</summary>
    [Theory]
    [InlineData("serve")]
    [InlineData("migrate")]
    [InlineData("status")]
    [InlineData("check")]
    [InlineData("cleanup")]
    [InlineData("backup")]
    [InlineData("audit verify")]
    [InlineData("key list")]
    public async Task Every_command_says_that_the_server_of_the_database_cannot_be_reached(string command)
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await ServerProcess.RunAsync(
            folder, command.Split(' '), ("JWT_SECRET_KEY", TestServer.Secret), ("DATABASE_URL", $"postgres://owner:hidden-word@127.0.0.1:{ServerProcess.FreePort()}/bots"));
        Assert.Equal(1, code);
        Assert.Matches("postgres://owner@127.0.0.1:\\d+/bots cannot be used: .*127.0.0.1.* Check DATABASE_URL, whether PostgreSQL is running", output + error);
        Assert.DoesNotContain("hidden-word", output + error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("trading_bot.db")));
    }
}
