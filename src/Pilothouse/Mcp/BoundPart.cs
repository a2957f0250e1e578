using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>An operation of a tool, with the way from the tool's arguments to its parameters.</summary>
internal sealed class BoundPart
{
    /// <summary>How many records a list has if the caller does not say: a model reads all of them.</summary>
    private const string StandardLimit = "20";

    private readonly List<KeyValuePair<string, string>> fixedValues;

    public BoundPart(ToolPart part, Operation operation)
    {
        (Declared, Operation) = (part, operation);
        var parameters = operation.Query.Parameters.ToDictionary(static parameter => parameter.Name);
        fixedValues = [.. part.Fixed];
        Parameters = part.Takes is { } takes
            ? [.. takes.Select(static name => name.Split('=')).Select(names => (names[0], parameters[names[^1]]))]
            : [.. operation.Query.Parameters.Where(parameter => parameter.Name is not "format" && !part.Fixed.ContainsKey(parameter.Name)).Select(static parameter => (parameter.Name, parameter))];
        Limit = operation.PerMinute is { } calls ? CallLimit.PerMinute(calls) : null;
        Route = $"{operation.Method} {operation.Path}";
    }

    public ToolPart Declared { get; }

    public Operation Operation { get; }

    /// <summary>The arguments that it takes as query parameters.</summary>
    public IReadOnlyList<(string Argument, QueryParameter Parameter)> Parameters { get; }

    /// <summary>How often a caller without a credential may call it.</summary>
    public CallLimit? Limit { get; }

    /// <summary>The method and path under which its calls are counted, the same as over HTTP.</summary>
    public string Route { get; }

    /// <summary>Whether it answers a list in pages.</summary>
    public bool HasPages => Declared.As is null && Operation.Query.Parameters.Any(static parameter => parameter.Name == "cursor");

    /// <summary>The value of a parameter that is not sent; empty if it has none.</summary>
    public static string StandardOf(QueryParameter parameter) => parameter.Name == "limit" ? StandardLimit : parameter.Default ?? "";

    /// <summary>Whether it runs with these arguments.</summary>
    public bool Runs(ToolArguments arguments) =>
        (Declared.When is null || arguments.Has(Declared.When)) && (Declared.Unless is null || !arguments.Has(Declared.Unless));

    /// <summary>The query of a call.</summary>
    /// <param name="arguments">The arguments of the tool.</param>
    /// <param name="limit">How many records at most, in the place of what the caller asks for; null for that.</param>
    public SentQuery QueryOf(ToolArguments arguments, int? limit = null)
    {
        var values = new Dictionary<string, StringValues>();
        var text = new StringBuilder();
        foreach (var (name, value) in fixedValues)
        {
            Add(name, value);
        }

        foreach (var (argument, parameter) in Parameters)
        {
            var isLimit = parameter.Name == "limit";
            if ((isLimit && limit is not null ? $"{limit}" : arguments.Text(argument) ?? (isLimit ? StandardLimit : null)) is { } value)
            {
                Add(parameter.Name, value);
            }
        }

        return values.Count == 0 ? default : new(text.ToString(), new QueryCollection(values));

        void Add(string name, string value)
        {
            values[name] = value;
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
