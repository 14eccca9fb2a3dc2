using StackExchange.Redis;

/// <summary>Runs checks one after another and says how each went.</summary>
internal sealed class Checks
{
    /// <summary>For one check; what hangs longer has failed, and no later check could be trusted.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string[]? only = Environment.GetEnvironmentVariable("CHECKS")?.Split(',');
    private int ran;
    private int held;

    public static void Equal<T>(T got, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(got, expected))
        {
            throw new InvalidOperationException($"{what} is {got}, not {expected}");
        }
    }

    /// <summary>With an error of this kind whose message begins with these words.</summary>
    public static async Task Fails<TError>(string words, Func<Task> work)
        where TError : Exception
    {
        try
        {
            await work();
        }
        catch (TError error) when (error.Message.StartsWith(words, StringComparison.Ordinal))
        {
            return;
        }
        throw new InvalidOperationException($"it did not fail with {typeof(TError).Name} {words}");
    }

    /// <summary>Until it holds; connections may be lost meanwhile.</summary>
    public static async Task Eventually(Func<Task<bool>> condition)
    {
        for (int turn = 0; turn < 400; ++turn)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (RedisConnectionException)
            {
                // It is being made again.
            }
            await Task.Delay(50);
        }
        throw new InvalidOperationException("it did not come true");
    }

    public async Task Run(string name, Func<Task> body)
    {
        if (only != null && !only.Contains(name))
        {
            return;
        }
        ++ran;
        try
        {
            await body().WaitAsync(Patience);
            ++held;
            Console.WriteLine($"ok {name}");
        }
        catch (TimeoutException error) when (error is not RedisTimeoutException)
        {
            Console.WriteLine($"not ok {name}: nothing came back for {Patience.TotalSeconds} s");
            Environment.Exit(1);
        }
        catch (Exception error)
        {
            string why = string.Join(' ', error.Message.Split());
            Console.WriteLine($"not ok {name}: {error.GetType().Name}: {why}");
            Console.Error.WriteLine(error);
        }
    }

    public int Verdict() => ran > 0 && ran == held ? 0 : 1;
}
