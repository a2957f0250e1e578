using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>A browser that logs in again while it has a session: the new one takes the place of the old one.</summary>
public sealed class SessionInPlaceTests
{
    private const string Right = $$"""{"pin":"{{TestServer.Pin}}"}""";

    [Fact]
    public async Task A_login_with_the_cookie_of_a_session_ends_that_session_and_no_other()
    {
        await using var server = await TestServer.StartAsync();
        var (browser, other) = (await LoginAsync(server, null), await LoginAsync(server, null));
        var prolonged = await LoginAsync(server, ("Cookie", browser));
        Assert.Equal(401, await KeysAsync(server, ("Cookie", browser)));
        Assert.Equal(200, await KeysAsync(server, ("Cookie", prolonged)));
        Assert.Equal(200, await KeysAsync(server, ("Cookie", other)));

        // A program that sends its token as a header logs in for another purpose: both live on.
        var bearer = ("Authorization", "Bearer " + other.Split('=')[1]);
        await LoginAsync(server, bearer);
        Assert.Equal(200, await KeysAsync(server, bearer));
    }

    [Fact]
    public async Task A_wrong_PIN_ends_nothing_and_its_answer_says_how_many_tries_are_left_and_until_when()
    {
        await using var server = await TestServer.StartAsync();
        var browser = await LoginAsync(server, null);
        using var answer = await server.Anonymous.RawAsync("POST", "/api/auth/login", """{"pin":"000000"}"""u8.ToArray(), ("Cookie", browser));
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.True(int.Parse(answer.Headers.GetValues("X-RateLimit-Remaining").Single(), System.Globalization.CultureInfo.InvariantCulture) >= 0);
        Assert.NotEmpty(answer.Headers.GetValues("X-RateLimit-Reset").Single());
        Assert.Equal(200, await KeysAsync(server, ("Cookie", browser)));
    }

    private static async Task<string> LoginAsync(TestServer server, (string, string)? credential)
    {
        using var answer = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(Right), credential is { } sent ? [sent] : []);
        Assert.Equal(200, (int)answer.StatusCode);
        return answer.Headers.GetValues("Set-Cookie").First().Split(';')[0];
    }

    private static async Task<int> KeysAsync(TestServer server, (string, string) credential)
    {
        using var answer = await server.Anonymous.RawAsync("GET", "/api/keys", null, credential);
        return (int)answer.StatusCode;
    }
}
