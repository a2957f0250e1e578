using System.Security.Cryptography;

namespace Pilothouse.Storage.Postgres;

/// <summary>A database that is made for a trial and removed afterwards.</summary>
internal sealed class ScratchDatabase : IDisposable
{
    private const string Prefix = "pilothouse_trial_";
    private const string Stamp = "to_char(now() AT TIME ZONE 'UTC' - interval '{0}', 'YYYYMMDDHH24MISS')";
    private readonly PostgresAddress server;
    private readonly string name;

    private ScratchDatabase(PostgresAddress server, string name)
    {
        (this.server, this.name) = (server, name);
        Address = server.WithDatabase(name);
    }

    public PostgresAddress Address { get; }

    /// <summary>Makes the database. Those that a killed trial left behind are removed after a day.</summary>
    public static ScratchDatabase Make(PostgresAddress server)
    {
        var name = "";
        server.Run(connection =>
        {
            var old = $"SELECT datname FROM pg_database WHERE datname LIKE '{Prefix}%' AND datname < '{Prefix}' || {At("1 day")} AND pg_has_role(datdba, 'USAGE')";
            connection.Column(old).ForEach(left => connection.Do($"DROP DATABASE IF EXISTS {PostgresCopies.Quote(left)} WITH (FORCE)"));
            name = $"{Prefix}{connection.Text($"SELECT {At("0 s")}")}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
            connection.Do($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        });
        return new(server, name);
    }

    public void Dispose() => server.Run(connection => connection.Do($"DROP DATABASE IF EXISTS {name} WITH (FORCE)"));

    /// <summary>SQL for the server's own time, so long ago, as digits that sort.</summary>
    private static string At(string ago) => Stamp.Replace("{0}", ago, StringComparison.Ordinal);
}
