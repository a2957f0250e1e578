using System.Globalization;

namespace Pilothouse.Cli;

/// <summary>The metrics of one GET /metrics, in Prometheus' text format.</summary>
internal sealed class Scrape
{
    private readonly List<Sample> samples = [];

    public IReadOnlyList<Sample> Samples => samples;

    /// <summary>Parses the text. Lines that it does not understand are left out.</summary>
    public static Scrape Parse(string text)
    {
        var scrape = new Scrape();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.LastIndexOf(' ');
            if (line[0] != '#' && space > 0 && double.TryParse(line.AsSpan(space + 1).Trim() is "+Inf" ? "Infinity" : line.AsSpan(space + 1).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                var brace = line.IndexOf('{', StringComparison.Ordinal);
                scrape.samples.Add(brace < 0 ? new(line[..space], [], value) : new(line[..brace], Labels(line.AsSpan(brace + 1)), value));
            }
        }

        return scrape;
    }

    /// <summary>Returns the sum over every series of a name for which <paramref name="counts"/> is true; null if there is none.</summary>
    public double? Sum(string name, Func<Sample, bool>? counts = null)
    {
        double? sum = null;
        foreach (var sample in samples)
        {
            if (sample.Name == name && counts?.Invoke(sample) != false)
            {
                sum = (sum ?? 0) + sample.Value;
            }
        }

        return sum;
    }

    /// <summary>Returns a label of the only series of a name.</summary>
    public string? Label(string name, string label) => samples.Find(sample => sample.Name == name)?.Labels.GetValueOrDefault(label);

    /// <summary>
    /// Returns the smallest upper bound of a histogram's bucket below which this part of all observations lies, over every series that
    /// counts; null if there are none, infinity if it lies above the last bound.
    /// </summary>
    public double? Quantile(string name, double part, Func<Sample, bool>? counts = null)
    {
        var buckets = samples.Where(sample => sample.Name == name + "_bucket" && counts?.Invoke(sample) != false)
            .GroupBy(static sample => double.TryParse(sample.Labels.GetValueOrDefault("le"), CultureInfo.InvariantCulture, out var bound) ? bound : double.PositiveInfinity)
            .Select(static bucket => (Bound: bucket.Key, Count: bucket.Sum(static sample => sample.Value))).OrderBy(static bucket => bucket.Bound).ToList();
        if (buckets.Count == 0 || buckets[^1].Count == 0)
        {
            return null;
        }

        return buckets.Find(bucket => bucket.Count >= part * buckets[^1].Count).Bound;
    }

    private static Dictionary<string, string> Labels(ReadOnlySpan<char> text)
    {
        var labels = new Dictionary<string, string>();
        while (text.IndexOf("=\"") is var equals and > 0 && text[0] != '}')
        {
            var name = text[..equals].Trim(", ").ToString();
            text = text[(equals + 2)..];
            var value = new System.Text.StringBuilder();
            var at = 0;
            for (; at < text.Length && text[at] != '"'; at++)
            {
                var escaped = text[at] == '\\' && at + 1 < text.Length;
                at += escaped ? 1 : 0;
                value.Append(escaped && text[at] == 'n' ? '\n' : text[at]);
            }

            labels[name] = value.ToString();
            text = at < text.Length ? text[(at + 1)..] : [];
        }

        return labels;
    }
}

/// <summary>One series and its value.</summary>
internal sealed record Sample(string Name, Dictionary<string, string> Labels, double Value);
