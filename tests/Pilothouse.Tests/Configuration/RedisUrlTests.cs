using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Configuration;

/// <summary>REDIS_URL in its forms, and what is said of a wrong one.</summary>
public sealed class RedisUrlTests
{
    [Theory]
    [InlineData("redis://cache.example", "cache.example 6379 0   False")]
    [InlineData("redis://bots:p%40ss%2Fword@cache.example:6380/3", "cache.example 6380 3 bots p@ss/word False")]
    [InlineData("rediss://:a@b/c:d@10.0.0.7/", "10.0.0.7 6379 0  a@b/c:d True")]
    [InlineData("REDIS://[::1]:7000/15", "::1 7000 15   False")]
    [InlineData("redis://[fd00::2]", "fd00::2 6379 0   False")]
    public void Its_parts_are_read(string text, string expected)
    {
        var url = RedisUrl.Parse(text);
        Assert.Equal(expected, $"{url.Host} {url.Port} {url.Database} {url.User} {url.Password} {url.HasTls}");
    }

    [Theory]
    [InlineData("localhost:6379", "must begin with redis://")]
    [InlineData("http://:hidden-word@host", "must begin with redis://")]
    [InlineData("unix:///run/redis.sock", "must begin with redis://")]
    [InlineData("redis://", "must name the host")]
    [InlineData("redis://:hidden-word@", "must name the host")]
    [InlineData("redis://:hidden-word@one,two", "must name the host")]
    [InlineData("redis://[hidden-word", "must name the host")]
    [InlineData("redis://:hidden-word@[one]:6379", "must name the host")]
    [InlineData("redis://:hidden-word@host:0", "a port that is not a number")]
    [InlineData("redis://:hidden-word@host:70000", "a port that is not a number")]
    [InlineData("redis://:hidden-word@host:", "a port that is not a number")]
    [InlineData("redis://:hidden-word@[::1]6379", "a port that is not a number")]
    [InlineData("redis://:hidden-word@host/bots", "a database that is not a number")]
    [InlineData("redis://:hidden-word@host/-1", "a database that is not a number")]
    [InlineData("redis://:hidden-word@host/1/2", "a database that is not a number")]
    [InlineData("redis://bots@host", "a user without a password")]
    [InlineData("redis://:hidden-word@host?ssl=true", "takes no ?")]
    [InlineData("redis://:hidden#word@host", "takes no ?")]
    [InlineData("redis://:hidden word@host", "takes no ?")]
    public void A_wrong_one_stops_the_start_by_what_is_wrong_and_without_its_password(string text, string expected)
    {
        var error = Assert.Throws<SettingsException>(() => Settings.Read(new Dictionary<string, string> { ["REDIS_URL"] = text }));
        Assert.Contains("REDIS_URL ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis://bots:hidden-word@cache.example/3", "redis://cache.example:6379/3")]
    [InlineData("rediss://:hidden-word@[::1]", "rediss://[::1]:6379/0")]
    public void It_is_shown_without_its_user_and_its_password(string text, string expected) => Assert.Equal(expected, RedisUrl.Parse(text).ToString());

    [Fact]
    public async Task The_program_says_what_is_wrong_and_ends()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["serve"], ("REDIS_URL", "redis://bots:hidden-word@cache.example:port"));
        Assert.Equal((1, ""), (code, output));
        Assert.Equal("REDIS_URL has a port that is not a number from 1 to 65535.", error.Trim());
    }
}
