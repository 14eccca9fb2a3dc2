// StackExchange.Redis: what an application may do with it, in RESP3 and in RESP2. It has no blocking
// commands, since everything an application asks for goes over one connection.
using StackExchange.Redis;

internal static class Check
{
    private const int Many = 8;

    private static readonly (string Name, Func<Clients, Task> Body)[] All =
    {
        ("login", Login),
        ("commands", Commands),
        ("pipeline", Pipeline),
        ("pipeline_with_an_error_in_the_middle", PipelineWithAnError),
        ("transaction", Transaction),
        ("publish_subscribe", PublishSubscribe),
        ("publish_subscribe_patterns", PublishSubscribePatterns),
        ("publish_subscribe_in_order", PublishSubscribeInOrder),
        ("scripts", Scripts),
        ("databases", Databases),
        ("scan", Scan),
        ("large_values", LargeValues),
        ("reconnect", Reconnect),
        ("many_clients", ManyClients),
    };

    private static async Task Login(Clients clients)
    {
        ConnectionMultiplexer c = await clients.Connect();
        Checks.Equal((string?)await c.GetDatabase().ExecuteAsync("ACL", "WHOAMI"), Clients.User, "user");
        await Checks.Fails<RedisConnectionException>("", () => clients.Connect("wrong"));
    }

    private static async Task Commands(Clients clients)
    {
        IDatabase db = (await clients.Connect()).GetDatabase();
        string key = Clients.Fresh("key");
        Checks.Equal(await db.StringSetAsync(key, "v"), true, "SET");
        Checks.Equal(await db.KeyExpireAsync(key, TimeSpan.FromSeconds(100)), true, "EXPIRE");
        Checks.Equal((string?)await db.StringGetAsync(key), "v", "GET");
        Checks.Equal((string?)await db.StringGetAsync(key + ":none"), null, "GET");
        Checks.Equal(await db.StringIncrementAsync(key + ":n", 41L), 41L, "INCRBY");
        await db.HashSetAsync(key + ":hash", new HashEntry[] { new("a", 1), new("b", 2) });
        Checks.Equal((await db.HashGetAllAsync(key + ":hash")).Length, 2, "HGETALL");
        Checks.Equal(await db.ListRightPushAsync(key + ":list", new RedisValue[] { "a", "b" }), 2L, "RPUSH");
        await Checks.Fails<RedisServerException>("WRONGTYPE", () => db.StringGetAsync(key + ":list"));
        Checks.Equal(await db.SortedSetAddAsync(key + ":sorted", "a", 1.5), true, "ZADD");
        Checks.Equal(await db.SortedSetScoreAsync(key + ":sorted", "a"), 1.5, "ZSCORE");
    }

    private static async Task Pipeline(Clients clients)
    {
        IDatabase db = (await clients.Connect()).GetDatabase();
        string key = Clients.Fresh("pipeline");
        List<Task<bool>> sets = new();
        List<Task<RedisValue>> gets = new();
        for (int n = 0; n < 1000; ++n)
        {
            sets.Add(db.StringSetAsync($"{key}:{n}", n));
            gets.Add(db.StringGetAsync($"{key}:{n}"));
        }
        for (int n = 0; n < 1000; ++n)
        {
            Checks.Equal(await sets[n], true, "SET");
            Checks.Equal((int)await gets[n], n, "GET");
        }
    }

    private static async Task PipelineWithAnError(Clients clients)
    {
        IDatabase db = (await clients.Connect()).GetDatabase();
        string key = Clients.Fresh("error");
        Task<bool> set = db.StringSetAsync(key, "v");
        Task<long> wrong = db.ListLeftPushAsync(key, "x");
        Task<RedisValue> get = db.StringGetAsync(key);
        Checks.Equal(await set, true, "SET");
        await Checks.Fails<RedisServerException>("WRONGTYPE", () => wrong);
        Checks.Equal((string?)await get, "v", "GET");
    }

    // Conditions are watched keys.
    private static async Task Transaction(Clients clients)
    {
        IDatabase db = (await clients.Connect()).GetDatabase();
        string key = Clients.Fresh("watched");
        await db.StringSetAsync(key, 1);
        foreach (bool holds in new[] { true, false })
        {
            ITransaction transaction = db.CreateTransaction();
            transaction.AddCondition(Condition.StringEqual(key, 1));
            Task<long> added = transaction.StringIncrementAsync(key);
            Checks.Equal(await transaction.ExecuteAsync(), holds, "EXEC");
            if (holds)
            {
                Checks.Equal(await added, 2L, "INCR");
            }
        }
        Checks.Equal((int)await db.StringGetAsync(key), 2, "GET");
    }

    private static async Task<string?> Next(ChannelMessageQueue queue)
    {
        return (string?)(await queue.ReadAsync()).Message;
    }

    private static async Task PublishSubscribe(Clients clients)
    {
        ISubscriber c = (await clients.Connect()).GetSubscriber();
        RedisChannel channel = RedisChannel.Literal(Clients.Fresh("news"));
        List<ChannelMessageQueue> all = new();
        for (int n = 0; n < Many; ++n)
        {
            all.Add(await (await clients.Connect()).GetSubscriber().SubscribeAsync(channel));
        }
        // Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers.
        long heard = await c.PublishAsync(channel, "hello");
        Checks.Equal(heard is >= 1 and <= Many, true, $"{heard} for {Many} subscribers");
        foreach (ChannelMessageQueue each in all)
        {
            Checks.Equal(await Next(each), "hello", "message");
        }
        foreach (ChannelMessageQueue each in all.Skip(1))
        {
            await each.UnsubscribeAsync();
        }
        await c.PublishAsync(channel, "last");
        Checks.Equal(await Next(all[0]), "last", "message");
    }

    private static async Task PublishSubscribePatterns(Clients clients)
    {
        ISubscriber c = (await clients.Connect()).GetSubscriber();
        ISubscriber other = (await clients.Connect()).GetSubscriber();
        string prefix = Clients.Fresh("topic");
        ChannelMessageQueue pattern = await other.SubscribeAsync(RedisChannel.Pattern(prefix + ":*"));
        ChannelMessageQueue channel = await other.SubscribeAsync(RedisChannel.Literal(prefix + ":a"));
        await c.PublishAsync(RedisChannel.Literal(prefix + ":a"), "both");
        Checks.Equal(await Next(pattern), "both", "message of the pattern");
        Checks.Equal(await Next(channel), "both", "message of the channel");
    }

    private static async Task PublishSubscribeInOrder(Clients clients)
    {
        ISubscriber c = (await clients.Connect()).GetSubscriber();
        RedisChannel channel = RedisChannel.Literal(Clients.Fresh("news"));
        ISubscriber other = (await clients.Connect()).GetSubscriber();
        ChannelMessageQueue queue = await other.SubscribeAsync(channel);
        List<Task<long>> sent = new();
        for (int n = 0; n < 2000; ++n)
        {
            sent.Add(c.PublishAsync(channel, n));
        }
        await Task.WhenAll(sent);
        for (int n = 0; n < 2000; ++n)
        {
            Checks.Equal(await Next(queue), n.ToString(), "message");
        }
    }

    // Known to Redis by its hash after the first time.
    private static async Task Scripts(Clients clients)
    {
        IDatabase db = (await clients.Connect()).GetDatabase();
        IDatabase other = (await clients.Connect()).GetDatabase();
        RedisKey[] keys = { Clients.Fresh("script") };
        const string Script = "return redis.call('incrby', KEYS[1], ARGV[1])";
        foreach ((IDatabase who, int step, long sum) in new[] { (db, 2, 2L), (db, 3, 5L), (other, 4, 9L) })
        {
            RedisValue[] arguments = { step };
            Checks.Equal((long)await who.ScriptEvaluateAsync(Script, keys, arguments), sum, "script");
        }
    }

    private static async Task Databases(Clients clients)
    {
        ConnectionMultiplexer c = await clients.Connect();
        string key = Clients.Fresh("database");
        List<Task> all = new();
        for (int n = 0; n < 300; ++n)
        {
            all.Add(c.GetDatabase(n % 3).StringSetAsync(key, n % 3));
        }
        await Task.WhenAll(all);
        for (int n = 0; n < 3; ++n)
        {
            Checks.Equal((int)await c.GetDatabase(n).StringGetAsync(key), n, "GET");
        }
    }

    private static async Task Scan(Clients clients)
    {
        ConnectionMultiplexer c = await clients.Connect();
        string prefix = Clients.Fresh("scan");
        IDatabase db = c.GetDatabase();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => db.StringSetAsync($"{prefix}:{n}", n)));
        HashSet<string> found = new();
        await foreach (RedisKey key in c.GetServers()[0].KeysAsync(pattern: prefix + ":*", pageSize: 50))
        {
            found.Add(key.ToString());
        }
        Checks.Equal(found.Count, 500, "keys");
    }

    private static async Task LargeValues(Clients clients)
    {
        IDatabase db = (await clients.Connect()).GetDatabase();
        string key = Clients.Fresh("large");
        byte[] value = new byte[16 << 20];
        new Random(1).NextBytes(value);
        await db.StringSetAsync(key, value);
        byte[]? got = await db.StringGetAsync(key);
        Checks.Equal(got != null && value.AsSpan().SequenceEqual(got), true, "the same 16 MiB");
        await db.KeyDeleteAsync(key);
    }

    private static async Task Reconnect(Clients clients)
    {
        IDatabase db = (await clients.Connect()).GetDatabase(1);
        string key = Clients.Fresh("kept");
        await db.StringSetAsync(key, "v");
        for (int round = 0; round < 3; ++round)
        {
            long before = (long)await db.ExecuteAsync("CLIENT", "ID");
            // It may be told that it has lost its connection sooner than that it has killed it.
            await Checks.Eventually(async () =>
            {
                await db.ExecuteAsync("CLIENT", "KILL", "ID", before, "SKIPME", "no");
                return (long)await db.ExecuteAsync("CLIENT", "ID") != before;
            });
            await Checks.Eventually(async () => (string?)await db.StringGetAsync(key) == "v");
        }
    }

    private static async Task ManyClients(Clients clients)
    {
        string prefix = Clients.Fresh("load");
        List<Task> all = new();
        for (int n = 0; n < 100; ++n)
        {
            IDatabase db = (await clients.Connect()).GetDatabase();
            string key = $"{prefix}:{n}";
            all.Add(Task.Run(async () =>
            {
                for (int turn = 0; turn < 40; ++turn)
                {
                    await db.StringSetAsync(key, $"{key}:{turn}");
                    Checks.Equal((string?)await db.StringGetAsync(key), $"{key}:{turn}", "own value");
                }
            }));
        }
        await Task.WhenAll(all);
    }

    public static async Task<int> Main()
    {
        Version? version = typeof(ConnectionMultiplexer).Assembly.GetName().Version;
        Console.WriteLine($"# StackExchange.Redis {version?.ToString(3)}, .NET {Environment.Version}");
        Checks checks = new();
        foreach ((string name, Func<Clients, Task> body) in All)
        {
            foreach (RedisProtocol protocol in new[] { RedisProtocol.Resp3, RedisProtocol.Resp2 })
            {
                await checks.Run(protocol == RedisProtocol.Resp3 ? name : name + "_resp2", async () =>
                {
                    await using Clients clients = new(protocol);
                    await body(clients);
                });
            }
        }
        return checks.Verdict();
    }
}
