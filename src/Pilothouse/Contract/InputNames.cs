using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Contract;

/// <summary>
/// The names that a body of one input type may have. They are looked up by the hash that <see cref="InputReader"/> computes anyway to find
/// duplicate names, so a body with only known names allocates nothing.
/// </summary>
internal sealed class InputNames
{
    /// <summary>The most characters of a name that are shown in an answer.</summary>
    private const int LongestShown = 100;

    private readonly string[] inputs;
    private readonly ulong[] hashes;
    private readonly HashSet<string> columns;
    private string? othersRefused;

    private InputNames(IEnumerable<string> inputs, IEnumerable<string> columns)
    {
        this.inputs = [.. inputs];
        hashes = [.. this.inputs.Select(static name => Hash(Encoding.UTF8.GetBytes(name)))];
        this.columns = [.. columns];
    }

    /// <summary>The names of an input without fields.</summary>
    public static readonly InputNames None = new([], []);

    /// <summary>Returns the names of <typeparamref name="T"/>. They are made once.</summary>
    public static InputNames Of<T>(JsonTypeInfo<T> type)
        where T : class, IInput<T> =>
        Kept<T>.Names ??= new(
            type.Properties.Where(static property => property.Set is not null).Select(static property => property.Name), T.Rules.RecordColumns)
        { othersRefused = T.Rules.OthersRefused };

    /// <summary>64-bit FNV-1a.</summary>
    public static ulong Hash(ReadOnlySpan<byte> name)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in name)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }

    /// <summary>Whether the name with this hash is a field of the input.</summary>
    public bool Has(ulong hash) => hashes.AsSpan().Contains(hash);

    /// <summary>
    /// Checks the unknown names: throws a refusal if one is almost the name of a field, and returns the others as they are shown in the
    /// answer.
    /// </summary>
    public IReadOnlyList<string> Ignore(List<string> unknown)
    {
        List<FieldError>? errors = null;
        foreach (var name in unknown)
        {
            // A column that only the server fills in is not a misspelled field: clients send whole records back.
            if (!columns.Contains(name) && NearName.Find(name, inputs) is { } meant)
            {
                (errors ??= []).Add(new(name, $"is not a field here; the right name is {meant}"));
            }
            else if (othersRefused is not null)
            {
                (errors ??= []).Add(new(Shown(name), othersRefused));
            }
        }

        return errors is null ? unknown.ConvertAll(Shown) : throw Refusal.Invalid(errors);
    }

    public static string Shown(string name) => name.Length <= LongestShown ? name : string.Concat(name.AsSpan(0, LongestShown), "...");

    private static class Kept<T>
    {
        public static InputNames? Names { get; set; }
    }
}
