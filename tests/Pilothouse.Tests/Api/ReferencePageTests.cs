using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>The page of /docs and its files.</summary>
public sealed class ReferencePageTests
{
    [Fact]
    public async Task A_browser_keeps_the_script_and_is_told_when_it_is_still_the_same()
    {
        await using var server = await TestServer.StartAsync();
        using var first = await server.Anonymous.RawAsync("GET", "/docs/scalar.js", null, [("Accept-Encoding", "br, gzip")]);
        Assert.Equal("gzip", first.Content.Headers.ContentEncoding.Single());
        Assert.Equal("text/javascript", first.Content.Headers.ContentType!.MediaType);
        Assert.True(first.Headers.CacheControl!.NoCache);
        var tag = first.Headers.ETag!.ToString();
        using var again = await server.Anonymous.RawAsync("GET", "/docs/scalar.js", null, [("Accept-Encoding", "gzip"), ("If-None-Match", tag)]);
        Assert.Equal((304, 0), ((int)again.StatusCode, (await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length));
        using var other = await server.Anonymous.RawAsync("GET", "/docs/scalar.js", null, [("Accept-Encoding", "gzip"), ("If-None-Match", "W/\"0123456789abcdef\"")]);
        Assert.Equal(200, (int)other.StatusCode);
    }

    [Theory]
    [InlineData("/docs/scalar.js", "createApiReference", null)]
    [InlineData("/docs/scalar.js", "createApiReference", "gzip;q=0")]
    [InlineData("/docs/favicon.svg", "<svg", "br")]
    public async Task A_client_that_takes_no_gzip_gets_the_file_unpacked(string path, string part, string? accepted)
    {
        await using var server = await TestServer.StartAsync();
        using var answer = await server.Anonymous.RawAsync("GET", path, null, accepted is null ? [] : [("Accept-Encoding", accepted)]);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Contains(part, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_found_without_its_slash_and_has_no_other_files()
    {
        await using var server = await TestServer.StartAsync();
        using var led = await server.Anonymous.RawAsync("GET", "/docs");
        Assert.Equal((302, "docs/"), ((int)led.StatusCode, led.Headers.Location!.OriginalString));
        using var nothing = await server.Anonymous.RawAsync("GET", "/docs/nothing.js");
        Assert.Equal(404, (int)nothing.StatusCode);
        Assert.Contains("\"code\":", await nothing.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var head = await server.Anonymous.RawAsync("HEAD", "/docs/scalar.js", null, [("Accept-Encoding", "gzip")]);
        Assert.Equal(200, (int)head.StatusCode);
        Assert.True(head.Content.Headers.ContentLength > 1_000_000);
    }
}
