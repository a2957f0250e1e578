using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol.Protocol;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>A tool together with its operations, as the server lists it.</summary>
internal sealed class BoundTool
{
    /// <summary>The argument under which a repetition of a write is known.</summary>
    public const string IdempotencyKey = "idempotency_key";

    /// <param name="tool">The declaration.</param>
    /// <param name="operations">Every operation of the server.</param>
    /// <param name="typeOf">The JSON type of an answer.</param>
    /// <param name="asks">Whether calls may have to wait for consent, so that answers may be those of a request.</param>
    public BoundTool(Tool tool, OperationList operations, Func<Type, JsonTypeInfo> typeOf, bool asks)
    {
        Declared = tool;
        Parts = [.. tool.Parts.Select(part => new BoundPart(part, operations.Named(part.Operation)))];
        Arguments = ArgumentsOf(tool, Parts, out var required);
        Protocol = new ModelContextProtocol.Protocol.Tool
        {
            Name = tool.Name,
            Title = tool.Title,
            Description = tool.Description,
            InputSchema = ToolSchema.Object(Arguments, required),
            OutputSchema = ToolSchema.Object(FieldsOf(tool, Parts, typeOf, asks), []),
            Annotations = new ToolAnnotations
            {
                ReadOnlyHint = tool.Kind == ToolKind.Read,
                DestructiveHint = tool.IsDestructive,
                IdempotentHint = tool.Kind == ToolKind.Read || tool.IsIdempotent,
                OpenWorldHint = false,
            },
        };
    }

    public Tool Declared { get; }

    public IReadOnlyList<BoundPart> Parts { get; }

    /// <summary>The schema of each argument.</summary>
    public IReadOnlyDictionary<string, JsonElement> Arguments { get; }

    /// <summary>The tool as clients see it.</summary>
    public ModelContextProtocol.Protocol.Tool Protocol { get; }

    /// <summary>The operation whose right a caller needs.</summary>
    public Operation Main => Parts[0].Operation;

    private static Dictionary<string, JsonElement> ArgumentsOf(Tool tool, IReadOnlyList<BoundPart> parts, out IReadOnlyCollection<string> required)
    {
        var arguments = new Dictionary<string, JsonElement>();
        var needed = new List<string>();
        foreach (var part in parts)
        {
            if (part.Declared.Target is { } target)
            {
                arguments.TryAdd(target, ToolSchema.OfType(part.Operation.TargetName == "id" ? "integer" : "string", tool.Explains.GetValueOrDefault(target)));
                if (part.Declared.When is null)
                {
                    needed.Add(target);
                }
            }

            foreach (var (argument, parameter) in part.Parameters)
            {
                // A part that runs only where an argument is sent needs no value in the place of it.
                var standard = argument == parameter.Name ? BoundPart.StandardOf(parameter) : "";
                arguments.TryAdd(argument, ToolSchema.Of(standard.Length == 0 ? parameter with { Default = null } : parameter, standard.Length == 0 ? null : standard, tool.Explains.GetValueOrDefault(argument)));
            }

            if (part.Operation is WriteOperation write)
            {
                AddFields(tool, write, arguments, needed);
            }
        }

        required = needed;
        return arguments;
    }

    private static void AddFields(Tool tool, WriteOperation write, Dictionary<string, JsonElement> arguments, List<string> needed)
    {
        if (write is { Input: { } input, Record: { } record })
        {
            var rules = InputRules.Of(input)?.Fields.GroupBy(static rule => rule.Field).ToDictionary(static field => field.Key, static field => field.First()) ?? [];
            foreach (var property in record.Properties.Where(static property => property.Set is not null))
            {
                var rule = rules.GetValueOrDefault(property.Name);
                arguments.TryAdd(property.Name, ToolSchema.Of(property, rule, tool.Explains.GetValueOrDefault(property.Name)));
                if (rule?.Required == true)
                {
                    needed.Add(property.Name);
                }
            }
        }

        if (write.IsRepeatable)
        {
            arguments[IdempotencyKey] = ToolSchema.OfType("string");
        }
    }

    /// <summary>The names and types of the first level of the answer.</summary>
    private static Dictionary<string, JsonElement> FieldsOf(Tool tool, IReadOnlyList<BoundPart> parts, Func<Type, JsonTypeInfo> typeOf, bool asks)
    {
        var fields = new Dictionary<string, JsonElement> { ["about"] = ToolSchema.OfType("object") };
        if (tool.HasAlerts)
        {
            fields["alerts"] = ToolSchema.OfType("array");
        }

        foreach (var part in parts.Where(static part => !part.Declared.IsOnlyForAge))
        {
            var answer = typeOf(part.Operation.Answers.First().Type).Properties;
            if (part.Declared.As is { } name)
            {
                fields.TryAdd(name, ToolSchema.OfType(answer.FirstOrDefault(static property => property.Name == "data") is { } data ? ToolSchema.TypeOf(data.PropertyType) : "object"));
                continue;
            }

            var asked = asks && part.Operation.Answers.FirstOrDefault(static one => one.Status == 202) is { Type: { } type } ? typeOf(type).Properties : [];
            foreach (var property in answer.Concat(asked).Where(static property => property.Name is not "success" && property.Get is not null))
            {
                fields.TryAdd(property.Name, ToolSchema.OfType(ToolSchema.TypeOf(property.PropertyType)));
            }
        }

        return fields;
    }
}
