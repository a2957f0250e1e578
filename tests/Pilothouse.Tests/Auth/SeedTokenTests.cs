using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>What docs/upgrade.md says of programs of the seed that read a session's token with PyJWT and the same secret.</summary>
public sealed class SeedTokenTests
{
    private const string Script = """
        import json, sys, jwt
        token, secret = sys.argv[1:]
        try:
            answer = jwt.decode(token, secret, algorithms=["HS256"])
        except jwt.InvalidTokenError as refused:
            answer = type(refused).__name__
        print(json.dumps([answer, jwt.decode(token, secret, algorithms=["HS256"], audience="pilothouse")]))
        """;

    [Fact]
    public async Task PyJwt_reads_a_token_with_its_audience_and_refuses_it_without()
    {
        await using var server = await TestServer.StartAsync(new TemporaryFolder(), new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", ["-c", Script, await server.LoginAsync(), TestServer.Secret]);
        Assert.True(code == 0, error);
        var answers = JsonNode.Parse(output)!;
        Assert.Equal("InvalidAudienceError", (string?)answers[0]);
        Assert.Equal(("admin", 1800), ((string?)answers[1]!["user_id"], (int)answers[1]!["exp"]! - (int)answers[1]!["iat"]!));
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "upgrade.md"));
        Assert.Contains("""jwt.decode(token, SECRET_KEY, algorithms=["HS256"], audience="pilothouse")""", page, StringComparison.Ordinal);
    }

    /// <summary>The seed's own token has no issuer, no audience and no trace of the PIN, so the secret alone is not enough to make a valid token.</summary>
    [Fact]
    public async Task A_token_that_the_seed_would_make_is_no_credential()
    {
        await using var server = await TestServer.StartAsync();
        const string Make = """
            import sys, jwt
            print(jwt.encode({"user_id": "admin", "iat": 1772452800, "exp": 1772454600}, sys.argv[1], algorithm="HS256"))
            """;
        var (_, token, _) = await Tool.RunAsync("/usr/bin/python3", ["-c", Make, TestServer.Secret]);
        using var client = server.ClientWithKey(token.Trim());
        var (status, _) = await client.SendAsync("POST", "/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        Assert.Equal((3, 401), (token.Split('.').Length, status));
    }
}
