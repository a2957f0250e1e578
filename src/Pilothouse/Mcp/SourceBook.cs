using System.Text;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>The resources of the server: what there is, and what they hold.</summary>
internal sealed class SourceBook(OperationList operations, ToolRunner runner, IOptions<JsonOptions> json)
{
    private const string Markdown = "text/markdown";
    private const string Json = "application/json";

    private readonly Dictionary<Source, BoundTool> reads = Sources.All.Where(static source => source.Reads is not null)
        .ToDictionary(static source => source, source => new BoundTool(source.Reads!, operations, json.Value.SerializerOptions.GetTypeInfo, asks: false));

    /// <summary>The resources with a fixed address.</summary>
    public static IList<Resource> Plain { get; } = [.. Sources.All.Where(static source => !source.IsTemplate).Select(static source => new Resource
    {
        Uri = source.Uri, Name = source.Uri[Source.Root.Length..], Title = source.Name, Description = source.Description,
        MimeType = source.Document is null ? Json : Markdown, Size = source.Document is { } document ? Read(document).Length : null,
    })];

    /// <summary>The resources whose address has a part to fill in.</summary>
    public static IList<ResourceTemplate> Templates { get; } = [.. Sources.All.Where(static source => source.IsTemplate).Select(static source => new ResourceTemplate
    {
        UriTemplate = source.Uri, Name = source.Name.ToLowerInvariant(), Title = source.Name, Description = source.Description, MimeType = Json,
    })];

    /// <summary>Returns the source with this address, and its filled part; null if there is none.</summary>
    public static (Source Source, string Filled)? Find(string? uri)
    {
        foreach (var source in uri is null ? [] : Sources.All)
        {
            if (source.Match(uri!) is { } filled)
            {
                return (source, filled);
            }
        }

        return null;
    }

    /// <summary>Throws a refusal unless the caller may read a source that holds the answer of a read.</summary>
    public void Demand(Source source, Caller caller) => runner.Demand(reads[source], caller);

    /// <summary>Reads a resource.</summary>
    /// <exception cref="Refusal">It is refused, or what it names is not there.</exception>
    public async ValueTask<ReadResourceResult> ReadAsync(Source source, string filled, string uri, Call call)
    {
        var text = source.Document is { } document
            ? Encoding.UTF8.GetString(Read(document))
            : (await runner.ReadAsync(reads[source], ToolArguments.With(source.Target, filled), call)).Text;
        return new() { Contents = [new TextResourceContents { Uri = uri, MimeType = source.Document is null ? Json : Markdown, Text = text }] };
    }

    private static byte[] Read(string document)
    {
        using var resource = typeof(SourceBook).Assembly.GetManifestResourceStream(document)!;
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }
}
