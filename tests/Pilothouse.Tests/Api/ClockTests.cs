using System.Net.Http.Headers;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>A clock that is set back an hour opens no door, shuts nobody out for long and stores nothing twice.</summary>
public sealed class ClockTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Fact]
    public async Task Sessions_go_on_and_one_that_was_ended_stays_ended()
    {
        await using var server = await TestServer.StartAsync();
        var going = await server.LoginAsync();
        var ended = await server.LoginAsync();
        Assert.Equal(200, (await server.Anonymous.SendAsync("POST", "/api/auth/logout", "{}", ("Authorization", $"Bearer {ended}"))).Status);
        SetBack(server);
        Assert.Equal(201, (await server.Anonymous.SendAsync("POST", "/api/signals", Signal, ("Authorization", $"Bearer {going}"))).Status);
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/signals", Signal, ("Authorization", $"Bearer {ended}"))).Status);

        // This holds for a server that was started anew, too.
        var again = await server.RestartAsync();
        Assert.Equal(201, (await again.Anonymous.SendAsync("POST", "/api/signals", Signal, ("Authorization", $"Bearer {going}"))).Status);
        Assert.Equal(401, (await again.Anonymous.SendAsync("POST", "/api/signals", Signal, ("Authorization", $"Bearer {ended}"))).Status);
        await again.StopAsync();
    }

    [Fact]
    public async Task A_repetition_is_still_known()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "one"));
        SetBack(server);
        using var again = await server.Client.RawAsync("POST", "/api/signals", System.Text.Encoding.UTF8.GetBytes(Signal), ("Idempotency-Key", "one"));
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));

        // A signal that is sent after the clock was set back is stored like any other.
        await server.PostAsync("/api/signals", Signal);
        Assert.Equal(2, (int)(await server.GetAsync("/api/signals"))["count"]!);
    }

    [Fact]
    public async Task Nobody_is_shut_out_for_longer_than_a_window()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_KEY_PER_MINUTE", "3"));
        HttpResponseMessage answer;
        do
        {
            answer = await server.Client.GetAsync("/api/signals");
        }
        while ((int)answer.StatusCode == 200);
        Assert.Equal(429, (int)answer.StatusCode);
        SetBack(server);
        answer = await server.Client.GetAsync("/api/signals");
        Assert.True((int)answer.StatusCode == 200 || answer.Headers.RetryAfter is RetryConditionHeaderValue { Delta.TotalSeconds: <= 60 }, $"{answer.StatusCode} {answer.Headers.RetryAfter}");
    }

    [Fact]
    public async Task Login_attempts_that_were_used_up_stay_used_up()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"000001"}""");
        }

        SetBack(server);
        Assert.Equal(429, (await server.Anonymous.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""")).Status);
    }

    private static void SetBack(TestServer server) => server.Clock.AdjustTime(server.Clock.GetUtcNow().AddHours(-1));
}
