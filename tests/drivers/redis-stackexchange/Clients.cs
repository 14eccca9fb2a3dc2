using StackExchange.Redis;

/// <summary>Makes the clients of one check, and closes them when it ends.</summary>
internal sealed class Clients : IAsyncDisposable
{
    private static readonly Uri Url = new(Environment.GetEnvironmentVariable("REDIS_URL")!);
    private static int numbers;

    private readonly RedisProtocol protocol;
    private readonly List<ConnectionMultiplexer> all = new();

    public Clients(RedisProtocol protocol) => this.protocol = protocol;

    public static string User => Url.UserInfo.Split(':')[0];

    /// <summary>A name that nobody else has.</summary>
    public static string Fresh(string kind) => $"{kind}:{Interlocked.Increment(ref numbers)}";

    public async Task<ConnectionMultiplexer> Connect(string? password = null)
    {
        ConfigurationOptions options = new()
        {
            EndPoints = { { Url.Host, Url.Port } },
            User = User,
            Password = password ?? Url.UserInfo.Split(':')[1],
            Protocol = protocol,
            AllowAdmin = true,
            AsyncTimeout = 20_000,
            ConnectTimeout = 20_000,
        };
        ConnectionMultiplexer made = await ConnectionMultiplexer.ConnectAsync(options);
        all.Add(made);
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ConnectionMultiplexer each in all)
        {
            await each.DisposeAsync();
        }
    }
}
