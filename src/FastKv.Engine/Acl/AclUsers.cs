using FastKv.Engine.Clients;
using FastKv.Engine.Commands.Connection;
using FastKv.Engine.Configuration;
using FastKv.Engine.PubSub;

namespace FastKv.Engine.Acl;

// Control plane. The users of a server. They are changed by whichever loop runs the command, one at a time; a user's new permissions are one object that is
// exchanged for the old one, and sessions ask it on each command. Whether they have to ask at all is a gate of each client, which only its own loop may turn:
// the loops are told, and do it before they execute what arrived after the change was answered (posted actions run between reception and execution).

/// <summary>All users, and what a change of them means for their sessions.</summary>
internal sealed class AclUsers
{
    public const string DefaultName = "default";

    private readonly FastKvServer _server;
    private readonly Lock _lock = new();
    private SortedDictionary<string, AclUser> _users = new(StringComparer.Ordinal);

    /// <summary>The users of the configuration. Throws <see cref="ConfigFileException"/> when they cannot be used, as Redis then does not start.</summary>
    public AclUsers(FastKvServer server)
    {
        _server = server;
        Default = new AclUser(DefaultName, UserRules.Unrestricted());
        _users.Add(DefaultName, Default);
        SetDefaultPassword(server.Options.RequirePass);
        AddConfigured();
        if (FilePath.Length > 0 && Load(caller: null) is { } errors)
            throw new ConfigFileException("Aborting Redis startup because of ACL errors: " + errors, isLogLine: true);
        server.Config.UserLines = () => FilePath.Length > 0 ? [] : Lines();
        server.Config.Apply("requirepass", () =>
        {
            SetDefaultPassword(server.Options.RequirePass);
            return null;
        });
    }

    /// <summary>The user of sessions that have not authenticated as another; it cannot be removed.</summary>
    public AclUser Default { get; }

    public AclLog Log { get; } = new();

    /// <summary>Whether a session has to authenticate before anything else.</summary>
    public bool IsAuthenticationRequired => Default.Rules is { NoPassword: false } or { IsOn: false };

    /// <summary><c>aclfile</c>, empty: there is none.</summary>
    public string FilePath => _server.Options.AclFile ?? "";

    private bool AllChannelsByDefault => _server.Options.AclPubSubDefault != 0;

    /// <summary>All users in the order of their names' bytes.</summary>
    public AclUser[] All
    {
        get
        {
            lock (_lock)
                return [.. _users.Values];
        }
    }

    public AclUser? Find(string name)
    {
        lock (_lock)
            return _users.GetValueOrDefault(name);
    }

    /// <summary>A line per user as <c>redis.conf</c> and <c>aclfile</c> have it.</summary>
    public List<string> Lines() => [.. All.Select(user => $"user {user.Name} {RuleText.Describe(user.Rules)}")];

    /// <summary>
    /// Creates or changes a user: all rules, or none when one is wrong. Sessions that have subscribed to what their user may no longer hear are ended.
    /// </summary>
    /// <returns>Null, or the rule that is wrong and why.</returns>
    public (string Rule, RuleError Error)? Set(string name, List<string> words, Client? caller = null)
    {
        lock (_lock)
        {
            var user = _users.GetValueOrDefault(name);
            var rules = user is null ? new UserRules(AllChannelsByDefault) : new UserRules(user.Rules, AllChannelsByDefault);
            foreach (string word in words)
            {
                if (rules.Apply(word) is var error && error != RuleError.None)
                    return (word, error);
            }
            WarnOfDeprecated(rules);
            if (user is null)
            {
                _users.Add(name, new AclUser(name, rules));
            }
            else
            {
                bool losesChannels = LosesChannels(user.Rules, rules);
                Exchange(user, rules);
                if (losesChannels)
                    EndSubscribers(user, caller);
            }
        }
        return null;
    }

    /// <summary>Removes a user and ends its sessions; false: there is none of that name.</summary>
    public bool Remove(string name, Client caller)
    {
        lock (_lock)
        {
            if (name == DefaultName || !_users.Remove(name, out var user))
                return false;
            Expel(user, caller);
            return true;
        }
    }

    /// <summary>
    /// Replaces all users by those of <c>aclfile</c>. Sessions of the default user go on under its new rules, those of all others end. Returns what is wrong
    /// with the file, and changes nothing then; or null.
    /// </summary>
    public string? Load(Client? caller)
    {
        if (AclFile.Read(FilePath, AllChannelsByDefault, out var loaded) is { } errors)
            return errors;
        lock (_lock)
        {
            var users = new SortedDictionary<string, AclUser>(StringComparer.Ordinal) { [DefaultName] = Default };
            foreach (var (name, rules) in loaded)
            {
                WarnOfDeprecated(rules);
                if (name != DefaultName)
                    users.Add(name, new AclUser(name, rules));
            }
            var old = _users;
            _users = users;
            Exchange(Default, loaded.GetValueOrDefault(DefaultName) ?? UserRules.Unrestricted());
            foreach (var user in old.Values)
            {
                if (user != Default)
                    Expel(user, caller);
            }
        }
        return null;
    }

    /// <summary>Writes the users to <c>aclfile</c>; returns the error, or null.</summary>
    public string? Save() => AclFile.Write(FilePath, Lines());

    /// <summary>Applies <c>requirepass</c>: the only password of the default user, or none.</summary>
    public void SetDefaultPassword(string? password) => Set(DefaultName, password is null ? ["resetpass", "nopass"] : ["resetpass", ">" + password]);

    /// <summary>Opens or closes the gates of a session for what its user may do; on the client's loop, or before it has one.</summary>
    public void SetGates(Client client)
    {
        bool isAuthenticated = client.Authenticated || !IsAuthenticationRequired;
        client.Parser.Authenticated = isAuthenticated;
        var gate = client.Gate & ~(ClientGate.Unauthenticated | ClientGate.Restricted);
        if (!isAuthenticated)
            gate |= ClientGate.Unauthenticated;
        if (!client.Acl.Permissions.IsUnrestricted)
            gate |= ClientGate.Restricted;
        client.Gate = gate;
    }

    /// <summary>The session is the default user's again, who may have to authenticate.</summary>
    public void BeginSession(Client client)
    {
        client.Acl = Default;
        client.Authenticated = !IsAuthenticationRequired;
        SetGates(client);
    }

    /// <summary>Lets a session go on as a user whose password it has said. False: user and password do not fit, which is noted.</summary>
    public bool TryAuthenticate(Client client, ReadOnlySpan<byte> name, ReadOnlySpan<byte> password, ReadOnlySpan<byte> command)
    {
        string text = System.Text.Encoding.Latin1.GetString(name);
        var user = Find(text);
        if (user is null || !user.Permissions.Accepts(password))
        {
            var context = client.Transaction.IsOpen ? AclContext.Multi : AclContext.TopLevel;
            Log.Add(client, AclVerdict.Authentication, context, System.Text.Encoding.Latin1.GetString(command), text);
            return false;
        }
        client.Acl = user;
        client.Authenticated = true;
        SetGates(client);
        return true;
    }

    private void AddConfigured()
    {
        var configured = _server.Options.Users;
        if (configured.Count > 0 && FilePath.Length > 0)
        {
            throw new ConfigFileException(
                "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead " +
                "to configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both.",
                isLogLine: true);
        }
        foreach (var words in configured)
            AddConfigured(words[0], UserRules.Merge([.. words.Skip(1)], out _) ?? []);
    }

    private void AddConfigured(string name, List<string> words)
    {
        if (SelectorRules.HasSpaces(name))
            Fail("Spaces not allowed in ACL usernames");
        if (name == DefaultName)
            words.Insert(0, "reset");
        if (Set(name, words) is { } wrong)
            Fail($"Error loading ACL rule '{wrong.Rule}' for the user named '{name}': {wrong.Error.Text()}");
        if (!Find(name)!.Rules.IsOn)
        {
            _server.Log.Notice(
                $"The user '{name}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.");
        }
    }

    private void Fail(string reason)
    {
        _server.Log.Warning(reason);
        throw new ConfigFileException("Critical error while loading ACLs. Exiting.", isLogLine: true);
    }

    private void WarnOfDeprecated(UserRules rules)
    {
        foreach (string rule in rules.Selectors.SelectMany(selector => selector.Deprecated))
        {
            _server.Log.Warning(
                "Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and may get disabled in the future "
                + $"(offender: {rule})");
        }
    }

    /// <summary>Gives a user other permissions and turns the gates of its sessions, and of all that have yet to authenticate.</summary>
    private void Exchange(AclUser user, UserRules rules)
    {
        user.Permissions = new Permissions(rules);
        _server.OnEachLoop(loop =>
        {
            foreach (var client in loop.Clients)
            {
                if (client.Acl == user || user == Default)
                    SetGates(client);
            }
        });
    }

    /// <summary>Whether something that the old rules grant may be missing in the new ones: not when these name all of their patterns.</summary>
    private static bool LosesChannels(UserRules old, UserRules rules)
    {
        if (rules.Selectors.Exists(selector => selector.AllChannels))
            return false;
        return old.Selectors.Exists(selector => selector.AllChannels
            || selector.Channels.Exists(channel => !rules.Selectors.Exists(other => other.Channels.Contains(channel))));
    }

    private void EndSubscribers(AclUser user, Client? caller) => _server.OnEachLoop(loop =>
    {
        foreach (var client in loop.Clients.Where(client => client.Acl == user && HearsForbidden(client)).ToArray())
            End(client, caller);
    });

    private static bool HearsForbidden(Client client)
    {
        if (client.Subscriptions is not { Total: > 0 } subscriptions)
            return false;
        bool isForbidden = false;
        foreach (var subscription in subscriptions.BeginWalk())
            isForbidden |= !client.Acl.Permissions.PermitsChannel(subscription.Key.Span, subscription.Kind == SubscriptionKind.Pattern);
        subscriptions.EndWalk();
        return isForbidden;
    }

    /// <summary>The connection that asked for it gets its reply first.</summary>
    private static void End(Client client, Client? caller)
    {
        if (client == caller)
            client.CloseAfterReply();
        else
            client.Loop.Sockets.Kill(client);
    }

    private void Expel(AclUser user, Client? caller) => _server.OnEachLoop(loop =>
    {
        foreach (var client in loop.Clients.Where(client => client.Acl == user).ToArray())
        {
            client.Acl = Default;
            client.Authenticated = false;
            SetGates(client);
            End(client, caller);
        }
    });
}
