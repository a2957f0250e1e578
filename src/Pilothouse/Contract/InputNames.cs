using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Contract;

/// <summary>
/// The names that a body of one input type may have. A name is looked up by its hash, which <see cref="InputReader"/> has made anyway
/// to find a name that is there twice: a body in which every name is known costs no text and no allocation.
/// </summary>
internal sealed class InputNames
{
    /// <summary>Longer ones are cut where they are shown.</summary>
    private const int LongestShown = 100;

    private readonly string[] inputs;
    private readonly ulong[] hashes;
    private readonly HashSet<string> columns;

    private InputNames(IEnumerable<string> inputs, IEnumerable<string> columns)
    {
        this.inputs = [.. inputs];
        hashes = [.. this.inputs.Select(static name => Hash(Encoding.UTF8.GetBytes(name)))];
        this.columns = [.. columns];
    }

    /// <summary>No names.</summary>
    public static readonly InputNames None = new([], []);

    /// <summary>The names of <typeparamref name="T"/>, which are made once.</summary>
    public static InputNames Of<T>(JsonTypeInfo<T> type)
        where T : class, IInput<T> =>
        Kept<T>.Names ??= new(
            type.Properties.Where(static property => property.Set is not null).Select(static property => property.Name), T.Rules.RecordColumns);

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

    /// <summary>Looks at the names that are no fields: refuses those that are nearly one, and gives the others as they are shown.</summary>
    public IReadOnlyList<string> Ignore(List<string> unknown)
    {
        List<FieldError>? errors = null;
        foreach (var name in unknown)
        {
            // A column that the server fills in itself is nobody's misspelling: clients send back whole records.
            if (!columns.Contains(name) && NearName.Find(name, inputs) is { } meant)
            {
                (errors ??= []).Add(new(name, $"is not a field here; the right name is {meant}"));
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
