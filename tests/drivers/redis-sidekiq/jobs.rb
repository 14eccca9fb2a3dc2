# The application: what its workers do. They leave what they did where the checks look for it.
require 'sidekiq'

class Add
  include Sidekiq::Worker

  def perform(key, one, other)
    Sidekiq.redis { |c| c.rpush(key, one + other) }
  end
end

class FailAtFirst
  include Sidekiq::Worker
  sidekiq_options retry: 3
  sidekiq_retry_in { 1 }

  def perform(key)
    tries = Sidekiq.redis { |c| c.incr("#{key}:tries") }
    raise 'not yet' if tries < 2

    Sidekiq.redis { |c| c.rpush(key, tries) }
  end
end
