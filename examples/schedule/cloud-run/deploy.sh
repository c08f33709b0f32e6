#!/usr/bin/env bash
# Builds the image, makes the job and calls it every hour; from the root of the project.
#
#   PROJECT=my-project REGION=europe-west1 examples/schedule/cloud-run/deploy.sh
set -euo pipefail

project=${PROJECT:?the Google Cloud project}
region=${REGION:?the region of Cloud Run}
version=${VERSION:-0.1.0}
image=$region-docker.pkg.dev/$project/experiments/segment-experiments:$version
account=segment-experiments@$project.iam.gserviceaccount.com
here=$(dirname "$0")

gcloud services enable run.googleapis.com cloudscheduler.googleapis.com \
    artifactregistry.googleapis.com cloudbuild.googleapis.com --project "$project"
gcloud artifacts repositories describe experiments --location "$region" --project "$project" > /dev/null 2>&1 \
    || gcloud artifacts repositories create experiments --repository-format docker \
        --location "$region" --project "$project"

# The Dockerfile is not at the root, so the build says where it is.
gcloud builds submit --project "$project" --config /dev/stdin . << BUILD
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, --file, $here/Dockerfile, --tag, $image, .]
images: [$image]
BUILD

sed -e "s|europe-west1-docker.pkg.dev/my-project/experiments/segment-experiments:0.1.0|$image|" \
    -e "s|my-project|$project|g" "$here/job.yaml" \
    | gcloud run jobs replace - --region "$region" --project "$project"

gcloud run jobs add-iam-policy-binding segment-experiments --region "$region" --project "$project" \
    --member "serviceAccount:$account" --role roles/run.invoker
gcloud scheduler jobs create http segment-experiments --project "$project" --location "$region" \
    --schedule "7 * * * *" --time-zone Etc/UTC \
    --uri "https://run.googleapis.com/v2/projects/$project/locations/$region/jobs/segment-experiments:run" \
    --http-method POST --oauth-service-account-email "$account"

# Somebody is told when a run ends with an error.
gcloud logging metrics create segment_experiments_failed --project "$project" \
    --description "Runs of segment_experiments that need a person" \
    --log-filter 'resource.type="cloud_run_job" resource.labels.job_name="segment-experiments" textPayload:"segment_experiments:"'
