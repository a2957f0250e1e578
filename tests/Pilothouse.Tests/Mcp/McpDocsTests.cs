using System.Text.RegularExpressions;
using Pilothouse.Mcp;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Mcp;

/// <summary>Holds docs/mcp.md to the tools.</summary>
public sealed partial class McpDocsTests
{
    [Fact]
    public void The_table_of_tools_is_that_of_the_code()
    {
        var documented = Row().Matches(File.ReadAllText(Repository.PathOf("docs", "mcp.md")))
            .Select(static row => $"{row.Groups["tool"].Value} {row.Groups["kind"].Value} {row.Groups["runs"].Value.Replace("`", "", StringComparison.Ordinal)}");
        var real = ToolBook.Declared.Select(static tool =>
            $"{tool.Name} {tool.Kind.ToString().ToLowerInvariant()} {string.Join(", ", tool.Parts.Select(static part => part.Operation))}");
        Assert.Equal(real, documented);
    }

    [Fact]
    public async Task Every_tool_has_a_title_a_description_and_annotations_that_are_true()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server);
        foreach (var tool in await agent.Client.ListToolsAsync())
        {
            var declared = ToolBook.Declared.Single(one => one.Name == tool.Name);
            Assert.InRange(tool.Title!.Length, 3, 40);
            Assert.InRange(tool.Description.Length, 20, 250);
            var hints = tool.ProtocolTool.Annotations!;
            Assert.Equal(declared.Kind == ToolKind.Read, hints.ReadOnlyHint);
            Assert.Equal(declared.Kind != ToolKind.Read && declared.IsDestructive, hints.DestructiveHint);
            Assert.Equal(declared.Kind == ToolKind.Read || declared.IsIdempotent, hints.IdempotentHint);
            Assert.False(hints.OpenWorldHint);
            Assert.Equal("object", tool.JsonSchema.GetProperty("type").GetString());
            Assert.Equal("object", tool.ReturnJsonSchema!.Value.GetProperty("properties").GetProperty("about").GetProperty("type").GetString());
        }
    }

    [GeneratedRegex(@"^\| `(?<tool>[a-z_]+)` \| (?<kind>read|write|control) \| (?<runs>[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
