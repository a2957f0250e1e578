using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// The tools, resources and prompts that the conformance suite calls, added to a server of ours: they show that what the protocol can carry
/// comes through our pipeline. The product has none of them.
/// </summary>
internal static class ConformanceParts
{
    /// <summary>A picture of one pixel.</summary>
    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==");

    /// <summary>A sound without a sample.</summary>
    private static readonly byte[] Wav = Convert.FromBase64String("UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=");

    private const string Schema = """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
         "$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
         "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},
         "allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
         "if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},"then":{"required":["phone"]},"else":{"required":["email"]},
         "additionalProperties":false}
        """;

    public static void AddTo(IServiceCollection services)
    {
        foreach (var tool in Tools())
        {
            services.AddSingleton(tool);
        }

        foreach (var resource in Resources())
        {
            services.AddSingleton(resource);
        }

        foreach (var prompt in Prompts())
        {
            services.AddSingleton(prompt);
        }
    }

    private static IEnumerable<McpServerTool> Tools()
    {
        yield return new Diagnostic("test_simple_text", static _ => Text("This is a simple text response for testing."));
        yield return new Diagnostic("test_image_content", static _ => Of(ImageContentBlock.FromBytes(Png, "image/png")));
        yield return new Diagnostic("test_audio_content", static _ => Of(AudioContentBlock.FromBytes(Wav, "audio/wav")));
        yield return new Diagnostic("test_embedded_resource", static _ => Of(Embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")));
        yield return new Diagnostic("test_multiple_content_types", static _ => Of(
            new TextContentBlock { Text = "Multiple content types test:" }, ImageContentBlock.FromBytes(Png, "image/png"),
            Embedded("test://mixed-content-resource", "application/json", """{"test":"data","value":123}""")));
        yield return new Diagnostic("test_error_handling", static _ => Task.FromResult(new CallToolResult
        { IsError = true, Content = [new TextContentBlock { Text = "This tool intentionally returns an error for testing" }] }));
        yield return new Diagnostic("test_tool_with_logging", static async request =>
        {
            foreach (var words in new[] { "Tool execution started", "Tool processing data", "Tool execution completed" })
            {
                await request.Server.SendMessageAsync(new JsonRpcNotification { Method = "notifications/message", Params = new JsonObject { ["level"] = "info", ["data"] = words } });
                await Task.Delay(50);
            }

            return await Text("done");
        });

        // The suite looks whether the stream of this call carries a request of ours. Without state there is none, also where the client could answer it.
        yield return new Diagnostic("test_streaming_elicitation", static _ => Text("done"));
        yield return new Diagnostic("test_logging_tool", static _ => Text("done"));
#pragma warning disable MCP9005 // The suite asks for this capability, which the newest version of the protocol advises against.
        yield return new Diagnostic("test_missing_capability", static request => request.JsonRpcRequest.Context?.ClientCapabilities?.Sampling is null
            ? throw new MissingRequiredClientCapabilityException(new ClientCapabilities { Sampling = new() })
            : Text("done"));
#pragma warning restore MCP9005
        yield return new Diagnostic("test_tool_with_progress", static async request =>
        {
            foreach (var done in new[] { 0, 50, 100 })
            {
                if (request.Params?.ProgressToken is { } token)
                {
                    await request.Server.NotifyProgressAsync(token, new ProgressNotificationValue { Progress = done, Total = 100 });
                }

                await Task.Delay(50);
            }

            return await Text("done");
        });
        yield return new Diagnostic("json_schema_2020_12_tool", static _ => Text("done"), Schema);
    }

    private static IEnumerable<McpServerResource> Resources()
    {
        yield return McpServerResource.Create(static () => "This is the content of the static text resource.", new() { UriTemplate = "test://static-text", Name = "static text", Description = "Text.", MimeType = "text/plain" });
        yield return McpServerResource.Create(static () => BlobResourceContents.FromBytes(Png, "test://static-binary", "image/png"), new() { UriTemplate = "test://static-binary", Name = "static binary", Description = "A picture.", MimeType = "image/png" });
        yield return McpServerResource.Create(static (string id) => $$"""{"id":"{{id}}","templateTest":true,"data":"Data for ID: {{id}}"}""", new() { UriTemplate = "test://template/{id}/data", Name = "template", Description = "By id.", MimeType = "application/json" });
    }

    private static IEnumerable<McpServerPrompt> Prompts()
    {
        yield return McpServerPrompt.Create(static () => "This is a simple prompt for testing.", new() { Name = "test_simple_prompt", Description = "A sentence." });
        yield return McpServerPrompt.Create(static (string arg1, string arg2) => $"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'", new() { Name = "test_prompt_with_arguments", Description = "A sentence with two words." });
        yield return McpServerPrompt.Create(
            static (string resourceUri) => new GetPromptResult { Messages = [User(Embedded(resourceUri, "text/plain", "Embedded resource content for testing.")), User(new TextContentBlock { Text = "Please process the embedded resource above." })] },
            new() { Name = "test_prompt_with_embedded_resource", Description = "A resource." });
        yield return McpServerPrompt.Create(
            static () => new GetPromptResult { Messages = [User(ImageContentBlock.FromBytes(Png, "image/png")), User(new TextContentBlock { Text = "Please analyze the image above." })] },
            new() { Name = "test_prompt_with_image", Description = "A picture." });
    }

    private static PromptMessage User(ContentBlock content) => new() { Role = Role.User, Content = content };

    private static EmbeddedResourceBlock Embedded(string uri, string type, string text) => new() { Resource = new TextResourceContents { Uri = uri, MimeType = type, Text = text } };

    private static Task<CallToolResult> Text(string text) => Of(new TextContentBlock { Text = text });

    private static Task<CallToolResult> Of(params ContentBlock[] content) => Task.FromResult(new CallToolResult { Content = content });

    private sealed class Diagnostic(string name, Func<RequestContext<CallToolRequestParams>, Task<CallToolResult>> answer, string schema = """{"type":"object"}""") : McpServerTool
    {
        public override ModelContextProtocol.Protocol.Tool ProtocolTool { get; } = new() { Name = name, Description = "A tool of the conformance suite.", InputSchema = JsonElement.Parse(schema) };

        public override IReadOnlyList<object> Metadata => [];

        public override async ValueTask<CallToolResult> InvokeAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default) => await answer(request);
    }
}
