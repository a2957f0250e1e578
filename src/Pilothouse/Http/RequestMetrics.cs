using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Counts answered requests by route, method and status, and measures how long they took. It runs for every request: the objects of a route
/// are made once, and counting allocates nothing. Labels are taken only from the known routes and methods, so that made-up paths cannot
/// fill the memory.
/// </summary>
internal sealed class RequestMetrics
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"];

    /// <summary>Error codes that alert rules query: their series exist before the first such error.</summary>
    private static readonly string[] WatchedCodes =
    [
        ErrorCodes.AddressNotAllowed, ErrorCodes.AuthenticationRequired, ErrorCodes.CrossSite, ErrorCodes.DatabaseUnavailable, ErrorCodes.DiskFull,
        ErrorCodes.HostNotAllowed, ErrorCodes.Internal, ErrorCodes.Overloaded, ErrorCodes.RateLimited, ErrorCodes.ScopeNeeded, ErrorCodes.WrongBot,
    ];

    private readonly ConcurrentDictionary<RouteEndpoint, Route> routes = new();
    private readonly Route unknown = new("unknown", isStream: false);
    private readonly Histogram<double> duration;
    private readonly Counter<long> refusals;

    public RequestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Pilothouse");
        meter.CreateObservableCounter("pilothouse.http.requests", Counts, "{request}", "Answered requests. A path that is no route counts as unknown.");
        duration = meter.CreateHistogram("pilothouse.http.request.duration", "s", "From the first look at a request to the end of its answer.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        refusals = meter.CreateCounter<long>("pilothouse.http.refusals", "{request}", "Requests that were not carried out, by error code.");
        foreach (var code in WatchedCodes)
        {
            refusals.Add(0, new KeyValuePair<string, object?>("code", code));
        }
    }

    public void Count(HttpContext http, long started)
    {
        var route = http.GetEndpoint() is RouteEndpoint endpoint ? routes.GetOrAdd(endpoint, static endpoint => new Route(NameOf(endpoint), endpoint.Metadata.GetMetadata<Operations.StreamOperation>() is not null)) : unknown;
        var method = route.Of(http.Request.Method);
        method.Count(http.Response.StatusCode);
        if (route.IsStream || ToolCallNote.Of(http)?.IsStream == true)
        {
            // A stream lasts for as long as its client listens. That is no latency.
            return;
        }

        duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, route.Label, method.Label);
    }

    /// <summary>Counts a refusal by its code, one of <see cref="ErrorCodes"/>.</summary>
    public void CountRefusal(string code) => refusals.Add(1, new KeyValuePair<string, object?>("code", code));

    private static string NameOf(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.Trim('/');

    private IEnumerable<Measurement<long>> Counts() =>
        from route in routes.Values.Append(unknown)
        from method in route.All
        from status in method.All
        select new Measurement<long>(status.Count, route.Label, method.Label, status.Label);

    private sealed class Route(string name, bool isStream)
    {
        private readonly Method?[] methods = new Method?[Methods.Length + 1];

        public KeyValuePair<string, object?> Label { get; } = new("route", name);

        public bool IsStream => isStream;

        public IEnumerable<Method> All => methods.OfType<Method>();

        public Method Of(string name)
        {
            var index = 0;
            while (index < Methods.Length && !ReferenceEquals(Methods[index], name) && Methods[index] != name)
            {
                index++;
            }

            return Volatile.Read(ref methods[index]) ?? Add(index);
        }

        private Method Add(int index)
        {
            var made = new Method(index < Methods.Length ? Methods[index] : "other");
            return Interlocked.CompareExchange(ref methods[index], made, null) ?? made;
        }
    }

    private sealed class Method(string name)
    {
        private Status[] statuses = [];

        public KeyValuePair<string, object?> Label { get; } = new("method", name);

        public IEnumerable<Status> All => Volatile.Read(ref statuses);

        public void Count(int code)
        {
            foreach (var status in Volatile.Read(ref statuses))
            {
                if (status.Code == code)
                {
                    status.Add();
                    return;
                }
            }

            Make(code).Add();
        }

        private Status Make(int code)
        {
            while (true)
            {
                var now = Volatile.Read(ref statuses);
                if (Array.Find(now, status => status.Code == code) is { } other)
                {
                    return other;
                }

                var made = new Status(code);
                if (Interlocked.CompareExchange(ref statuses, [.. now, made], now) == now)
                {
                    return made;
                }
            }
        }
    }

    private sealed class Status(int code)
    {
        private long count;

        public int Code => code;

        public long Count => Interlocked.Read(ref count);

        public KeyValuePair<string, object?> Label { get; } = new("status", code.ToString(System.Globalization.CultureInfo.InvariantCulture));

        public void Add() => Interlocked.Increment(ref count);
    }
}
